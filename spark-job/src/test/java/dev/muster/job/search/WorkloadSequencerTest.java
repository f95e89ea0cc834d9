package dev.muster.job.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WorkloadSequencerTest {
  private static final String MAX = "searcher.max_length.batches=";
  private static final String EVERY = "min_validation_period={batches: 100}";

  private static Iterator<Double> metrics(Double... metrics) {
    return Arrays.asList(metrics).iterator();
  }

  private static Iterator<Double> anyMetrics() {
    return Collections.nCopies(100, 0.5).iterator();
  }

  private static WorkloadSequencer sequencer(String... overrides) {
    return WorkloadSequencer.of(Run.config(overrides), 10, 105);
  }

  @ParameterizedTest(name = "{0} {1} -> {2}")
  @MethodSource("streams")
  void legsAreThoseOfTheSpecification(List<String> config, List<Double> metrics, String legs) {
    Iterator<Double> given = metrics.iterator();
    List<String> run = Run.legs(sequencer(config.toArray(String[]::new)), given);
    assertThat(String.join(" | ", run)).isEqualTo(legs);
    assertThat(given).isExhausted();
  }

  static Stream<Arguments> streams() {
    return Stream.of(
        stream(List.of(MAX + "250"), List.of(0.5), "T100 T100 T50 C V"),
        stream(List.of(MAX + "300", EVERY), List.of(.5, .6, .4), "T100 V | C T100 V | T100 V | C"),
        stream(
            List.of(MAX + "300", EVERY), List.of(.5, .4, .6), "T100 V | C T100 V | C T100 V | C"),
        stream(
            List.of(MAX + "300", EVERY, "searcher.smaller_is_better=false"),
            List.of(.5, .6, .4),
            "T100 V | C T100 V | C T100 V | C"),
        stream(
            List.of(MAX + "300", EVERY, "searcher.smaller_is_better=false"),
            List.of(.5, .5, .4),
            "T100 V | C T100 V | T100 V | C"),
        stream(
            List.of(MAX + "300", EVERY, "checkpoint_policy=all"),
            List.of(.5, Double.NaN, .6),
            "T100 V | C T100 V | C T100 V | C"),
        stream(
            List.of(MAX + "300", EVERY, "checkpoint_policy=none"),
            List.of(.5, .4, .3),
            "T100 V | T100 V | T100 V | C"),
        stream(
            List.of(MAX + "300", EVERY),
            List.of(Double.NaN, .9, Double.NaN),
            "T100 V | T100 V | C T100 V | C"),
        stream(
            List.of(MAX + "200", EVERY, "perform_initial_validation=true"),
            List.of(.5, .6, .4),
            "V | T100 V | T100 V | C"),
        stream(
            List.of(MAX + "100", "perform_initial_validation=true", "checkpoint_policy=all"),
            List.of(.5, .4),
            "V | T100 C V"),
        stream(
            List.of(MAX + "250", "min_checkpoint_period={batches: 100}"),
            List.of(.5),
            "T100 C T100 C T50 C V"),
        stream(
            List.of(MAX + "200", EVERY, "min_checkpoint_period={batches: 100}"),
            List.of(.5, .6),
            "T100 V | C T100 V | C"),
        stream(
            List.of(MAX + "200", "min_checkpoint_period={batches: 100}"),
            List.of(.5),
            "T100 C T100 C V"),
        stream(
            List.of(
                MAX + "130",
                "min_validation_period={batches: 50}",
                "min_checkpoint_period={batches: 70}"),
            List.of(.5, .6, .4),
            "T50 V | C T50 V | T20 C T10 C V"),
        stream(
            List.of(MAX + "3", "scheduling_unit=1", "min_validation_period={batches: 2}"),
            List.of(.5, .4),
            "T1 T1 V | C T1 C V"),
        stream(List.of("searcher.max_length={epochs: 3}"), List.of(.5), "T31 C V"),
        stream(
            List.of("searcher.max_length={epochs: 3}", "records_per_epoch=20"),
            List.of(.5),
            "T6 C V"),
        stream(List.of("searcher.max_length={records: 9}"), List.of(.5), "T1 C V"),
        stream(
            List.of("searcher.max_length={epochs: 2}", "min_validation_period={epochs: 1}"),
            List.of(.5, .4, .3),
            "T10 V | C T10 V | C T1 C V"));
  }

  private static Arguments stream(List<String> config, List<Double> metrics, String legs) {
    return Arguments.of(config, metrics, legs);
  }

  @Test
  void stopSavesUnsavedTrainingAndEnds() {
    WorkloadSequencer sequencer = sequencer(MAX + "250");
    Leg leg = sequencer.nextLeg();
    sequencer.completed(leg.workloads().get(0));
    sequencer.stop();
    sequencer.completed(leg.workloads().get(1));
    assertThat(sequencer.batchesTrained()).isEqualTo(200);
    assertThat(Run.legs(sequencer, metrics())).containsExactly("C");
    assertThat(sequencer.nextLeg().isEmpty()).isTrue();
  }

  @Test
  void stopWithNothingToSaveEndsAtOnce() {
    WorkloadSequencer untrained = sequencer("perform_initial_validation=true");
    untrained.stop();
    assertThat(untrained.nextLeg()).isEqualTo(new Leg(List.of(), true));

    WorkloadSequencer saved = sequencer(MAX + "200", "min_checkpoint_period={batches: 100}");
    Leg leg = saved.nextLeg();
    saved.completed(leg.workloads().get(0));
    saved.completed(leg.workloads().get(1));
    saved.stop();
    assertThat(saved.nextLeg()).isEqualTo(new Leg(List.of(), true));
  }

  @Test
  void stopInAValidationCompletesItAndSaves() {
    WorkloadSequencer sequencer = sequencer(MAX + "300", EVERY, "checkpoint_policy=none");
    Leg leg = sequencer.nextLeg();
    sequencer.completed(leg.workloads().get(0));
    sequencer.completed(leg.workloads().get(1));
    sequencer.stop();
    sequencer.validated(0.5);
    assertThat(Run.legs(sequencer, metrics())).containsExactly("C");
  }

  @Test
  void legThatEndedEarlyIsPlannedAgainFromWhatWasCompleted() {
    WorkloadSequencer sequencer = sequencer(MAX + "250");
    sequencer.completed(sequencer.nextLeg().workloads().get(0));
    assertThat(Run.legs(sequencer, anyMetrics())).containsExactly("T100 T50 C V");
  }

  @Test
  void planningTwiceChangesNothing() {
    WorkloadSequencer sequencer = sequencer(MAX + "250");
    assertThat(sequencer.nextLeg()).isEqualTo(sequencer.nextLeg());
    assertThat(sequencer.batchesTrained()).isZero();
    assertThat(sequencer.batchesInAll()).isEqualTo(250);
  }

  @Test
  void resumedSequenceGoesOnAsTheUninterruptedOne() {
    String[] config = {
      MAX + "130", "min_validation_period={batches: 50}", "min_checkpoint_period={batches: 70}"
    };
    List<Double> given = List.of(.5, .6, .4);
    List<String> straight = Run.legs(sequencer(config), given.iterator());
    String all = String.join(" ", straight);
    int workloads = all.split(" ").length;
    for (int stopAfter = 0; stopAfter <= workloads; stopAfter++) {
      Iterator<Double> metrics = given.iterator();
      WorkloadSequencer first = sequencer(config);
      List<String> seen = new ArrayList<>();
      while (seen.size() < stopAfter) {
        Workload workload = first.nextLeg().workloads().get(0);
        Run.complete(first, workload, metrics);
        seen.add(Run.letter(workload));
      }
      WorkloadSequencer second =
          WorkloadSequencer.resume(Run.config(config), 10, 105, first.state());
      seen.addAll(Run.legs(second, metrics));
      assertThat(String.join(" ", seen)).isEqualTo(all);
    }
  }

  @Test
  void longerTrialGoesOnFromTheEndOfAShorterOne() {
    WorkloadSequencer first = sequencer(MAX + "150", EVERY);
    Run.legs(first, metrics(.5, .6));
    assertThat(first.bestMetric()).hasValue(0.5);
    assertThat(first.state())
        .isEqualTo(
            new SequencerState(150, 150, OptionalLong.of(150), OptionalDouble.of(0.5), false));
    WorkloadSequencer second =
        WorkloadSequencer.resume(Run.config(MAX + "300", EVERY), 10, 105, first.state());
    assertThat(Run.legs(second, metrics(.4, .3))).containsExactly("T100 V", "C T50 C V");
  }

  @Test
  void veryLongLegIsCut() {
    WorkloadSequencer sequencer = sequencer(MAX + "250000", "scheduling_unit=1");
    Leg leg = sequencer.nextLeg();
    assertThat(leg.workloads()).hasSize(WorkloadSequencer.MAX_WORKLOADS);
    assertThat(leg.last()).isFalse();
    assertThat(Run.legs(sequencer, anyMetrics())).hasSize(3);
    assertThat(sequencer.batchesTrained()).isEqualTo(250_000);
  }

  @Test
  void callsOutOfTurnAreRefused() {
    WorkloadSequencer sequencer = sequencer(MAX + "100", "min_validation_period={batches: 50}");
    assertThatIllegalStateException()
        .isThrownBy(() -> sequencer.completed(new Workload.Checkpoint()))
        .withMessage("Cannot complete Checkpoint[]: expected nothing, the leg is over");
    assertThatIllegalStateException()
        .isThrownBy(() -> sequencer.validated(1))
        .withMessage("Cannot take the metric 1.0: expected a completed validation, found none");
    sequencer.nextLeg();
    assertThatIllegalStateException()
        .isThrownBy(() -> sequencer.completed(new Workload.Validate()))
        .withMessage("Cannot complete Validate[]: expected Train[batches=50]");
    sequencer.completed(new Workload.Train(50));
    sequencer.completed(new Workload.Validate());
    assertThatIllegalStateException()
        .isThrownBy(sequencer::nextLeg)
        .withMessage(
            "Cannot plan a leg: expected the metric of the validation at batch 50, found none");
  }

  @Test
  void impossibleStateIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new SequencerState(5, 6, OptionalLong.empty(), OptionalDouble.empty(), false))
        .withMessageStartingWith("Cannot use a sequencer's state");
  }
}
