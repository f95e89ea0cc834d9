package dev.muster.job.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.config.ExperimentConfig;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class WorkloadSequencerPropertyTest {
  private static final int DATA_RECORDS = 50;

  /** An experiment as its file says it; a period of null is left out, and so are the records. */
  private record Experiment(
      Reference.Span length,
      Reference.Span validationPeriod,
      Reference.Span checkpointPeriod,
      int unit,
      String policy,
      boolean smallerIsBetter,
      boolean initialValidation,
      int globalBatch,
      Integer recordsPerEpoch) {

    ExperimentConfig config() {
      List<String> config = new ArrayList<>();
      config.add("searcher.max_length=" + length.yaml());
      config.add("scheduling_unit=" + unit);
      config.add("checkpoint_policy=" + policy);
      config.add("searcher.smaller_is_better=" + smallerIsBetter);
      config.add("perform_initial_validation=" + initialValidation);
      if (validationPeriod != null) {
        config.add("min_validation_period=" + validationPeriod.yaml());
      }
      if (checkpointPeriod != null) {
        config.add("min_checkpoint_period=" + checkpointPeriod.yaml());
      }
      if (recordsPerEpoch != null) {
        config.add("records_per_epoch=" + recordsPerEpoch);
      }
      return Run.config(config.toArray(String[]::new));
    }

    Reference.Setting setting() {
      return new Reference.Setting(
          batches(length),
          batches(validationPeriod),
          batches(checkpointPeriod),
          unit,
          policy,
          smallerIsBetter,
          initialValidation);
    }

    private long batches(Reference.Span span) {
      int perEpoch = recordsPerEpoch == null ? DATA_RECORDS : recordsPerEpoch;
      return span == null ? 0 : (long) span.asBatches(globalBatch, perEpoch);
    }
  }

  @Property(tries = 1000)
  void streamIsTheSpecificationsLoopAndEachLegButACheckpointAtTheEndEndsWithAValidation(
      @ForAll("experiments") Experiment experiment, @ForAll("metrics") List<Double> metrics) {
    List<String> expected = new Reference(experiment.setting(), metrics.iterator(), Set.of()).run();
    WorkloadSequencer sequencer =
        WorkloadSequencer.of(experiment.config(), experiment.globalBatch(), DATA_RECORDS);
    List<String> legs = Run.legs(sequencer, metrics.iterator());

    assertThat(String.join(" ", legs)).isEqualTo(String.join(" ", expected));
    assertThat(sequencer.batchesTrained()).isEqualTo(experiment.setting().length());
    long validations = expected.stream().filter("V"::equals).count();
    boolean checkpointRemains = expected.get(expected.size() - 1).equals("C");
    assertThat(legs).hasSize((int) validations + (checkpointRemains ? 1 : 0));
    legs.subList(0, (int) validations).forEach(leg -> assertThat(leg).endsWith("V"));
  }

  @Property(tries = 1000)
  void stopAtAnyWorkloadSavesUnsavedTrainingAndEnds(
      @ForAll("experiments") Experiment experiment,
      @ForAll("metrics") List<Double> metrics,
      @ForAll @IntRange(max = 30) int stopAt) {
    List<String> expected =
        new Reference(experiment.setting(), metrics.iterator(), Set.of(stopAt)).run();
    List<String> stream =
        new Driver(experiment, metrics.iterator(), Set.of(stopAt), Set.of(), false).run();

    assertThat(stream).isEqualTo(expected);
  }

  @Property(tries = 1000)
  void legsThatBreakAndDriversThatComeBackChangeNothing(
      @ForAll("experiments") Experiment experiment,
      @ForAll("metrics") List<Double> metrics,
      @ForAll Set<@IntRange(max = 40) Integer> breaks,
      @ForAll boolean newDriver) {
    List<String> expected = new Reference(experiment.setting(), metrics.iterator(), Set.of()).run();
    List<String> stream =
        new Driver(experiment, metrics.iterator(), Set.of(), breaks, newDriver).run();

    assertThat(stream).isEqualTo(expected);
  }

  /**
   * Plays TrialRun and the slots: what is done of each leg, and when a request to stop is heard.
   */
  private static final class Driver {
    private final Experiment experiment;
    private final Iterator<Double> metrics;
    private final Set<Integer> stops;
    private final Set<Integer> breaks;
    private final boolean resumes;
    private final List<String> stream = new ArrayList<>();
    private WorkloadSequencer sequencer;

    Driver(
        Experiment experiment,
        Iterator<Double> metrics,
        Set<Integer> stops,
        Set<Integer> breaks,
        boolean resumes) {
      this.experiment = experiment;
      this.metrics = metrics;
      this.stops = stops;
      this.breaks = breaks;
      this.resumes = resumes;
      sequencer = WorkloadSequencer.of(experiment.config(), experiment.globalBatch(), DATA_RECORDS);
    }

    List<String> run() {
      for (Leg leg = sequencer.nextLeg(); !leg.isEmpty(); leg = sequencer.nextLeg()) {
        run(leg);
        if (stopped()) {
          sequencer.stop();
        } else if (resumes) {
          sequencer =
              WorkloadSequencer.resume(
                  experiment.config(), experiment.globalBatch(), DATA_RECORDS, sequencer.state());
        }
      }
      return stream;
    }

    private void run(Leg leg) {
      for (Workload workload : leg.workloads()) {
        boolean breaksHere = breaks.contains(stream.size());
        Run.complete(sequencer, workload, metrics);
        stream.add(Run.letter(workload));
        boolean slotsStop = workload instanceof Workload.Train && stopped();
        if (slotsStop || breaksHere) {
          return;
        }
      }
    }

    private boolean stopped() {
      return stops.stream().anyMatch(workload -> workload < stream.size());
    }
  }

  @Provide
  Arbitrary<Experiment> experiments() {
    Arbitrary<String> policies = Arbitraries.of("best", "all", "none");
    Arbitrary<Boolean> either = Arbitraries.of(true, false);
    return Combinators.combine(
            spans(60, 500, 9),
            spans(25, 200, 3).injectNull(0.3),
            spans(25, 200, 3).injectNull(0.3),
            Arbitraries.integers().between(1, 20))
        .flatAs(
            (length, validation, checkpoint, unit) ->
                Combinators.combine(
                        policies,
                        either,
                        either,
                        Arbitraries.integers().between(8, 16),
                        Arbitraries.integers().between(1, 120).injectNull(0.5))
                    .as(
                        (policy, smaller, initial, globalBatch, perEpoch) ->
                            new Experiment(
                                length,
                                validation,
                                checkpoint,
                                unit,
                                policy,
                                smaller,
                                initial,
                                globalBatch,
                                perEpoch)));
  }

  private static Arbitrary<Reference.Span> spans(int batches, int records, int epochs) {
    return Arbitraries.oneOf(
        span("batches", batches), span("records", records), span("epochs", epochs));
  }

  private static Arbitrary<Reference.Span> span(String unit, int most) {
    return Arbitraries.integers().between(1, most).map(count -> new Reference.Span(count, unit));
  }

  @Provide
  Arbitrary<List<Double>> metrics() {
    return Arbitraries.of(0.1, 0.2, 0.3, 0.4, -1.0, Double.NaN, Double.POSITIVE_INFINITY)
        .list()
        .ofSize(140);
  }
}
