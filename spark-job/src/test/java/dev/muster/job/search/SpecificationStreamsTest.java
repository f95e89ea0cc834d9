package dev.muster.job.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** SPEC section 5, sentence by sentence. A bar stands between two legs. */
class SpecificationStreamsTest {
  private static final String EVERY_100 = "min_validation_period={batches: 100}";

  @ParameterizedTest(name = "{0}")
  @MethodSource("sentences")
  void streamIs(
      String sentence,
      int globalBatch,
      int records,
      List<String> config,
      List<Double> metrics,
      String stream) {
    WorkloadSequencer sequencer =
        WorkloadSequencer.of(Run.config(config.toArray(String[]::new)), globalBatch, records);
    Iterator<Double> given = metrics.iterator();
    assertThat(String.join(" | ", Run.legs(sequencer, given))).isEqualTo(stream);
    assertThat(given).isExhausted();
  }

  static Stream<Arguments> sentences() {
    return Stream.of(lengths(), periods(), policies(), named()).flatMap(rows -> rows);
  }

  private static Stream<Arguments> lengths() {
    return Stream.of(
        row("batches b -> b", 32, 100, length("batches: 7"), "T7 C V"),
        row("records r -> r / effectiveGlobalBatch", 32, 100, length("records: 96"), "T3 C V"),
        row("records are rounded down", 32, 100, length("records: 127"), "T3 C V"),
        row("records: at least 1", 32, 100, length("records: 31"), "T1 C V"),
        row("records: 1", 32, 100, length("records: 1"), "T1 C V"),
        row("epochs e -> e * recordsPerEpoch / batch", 32, 100, length("epochs: 3"), "T9 C V"),
        row("epochs are rounded down over all", 60, 100, length("epochs: 3"), "T5 C V"),
        row("epochs: at least 1", 32, 10, length("epochs: 1"), "T1 C V"),
        row(
            "records_per_epoch, where set, wins over the data set's size",
            32,
            100,
            length("epochs: 3", "records_per_epoch=64"),
            "T6 C V"),
        row(
            "records_per_epoch, left out, is the data set's size, not one batch",
            10,
            500,
            length("epochs: 1"),
            "T50 C V"),
        row("a whole epoch larger than one unit", 1, 250, length("epochs: 1"), "T100 T100 T50 C V"),
        row(
            "the scheduling unit bounds a training workload",
            32,
            100,
            length("batches: 7", "scheduling_unit=3"),
            "T3 T3 T1 C V"));
  }

  private static Stream<Arguments> periods() {
    return Stream.of(
        row(
            "initial validation: before anything is trained, and no checkpoint at step 0",
            32,
            100,
            length("batches: 7", "perform_initial_validation=true"),
            List.of(.5, .4),
            "V | T7 C V"),
        row(
            "a step-0 validation never checkpoints, policy all",
            32,
            100,
            length("batches: 7", "perform_initial_validation=true", "checkpoint_policy=all"),
            List.of(.5, .4),
            "V | T7 C V"),
        row(
            "a step-0 validation counts for the best",
            32,
            100,
            length("batches: 200", "perform_initial_validation=true", EVERY_100),
            List.of(.1, .4, .05),
            "V | T100 V | T100 V | C"),
        row(
            "validation first, then the checkpoint of the same batch; the policy's is not doubled",
            32,
            100,
            length("batches: 10", periods("batches: 5", "batches: 5")),
            List.of(.5, .4),
            "T5 V | C T5 V | C"),
        row(
            "a period's checkpoint where the policy takes none",
            32,
            100,
            length("batches: 10", "checkpoint_policy=none", periods("batches: 5", "batches: 5")),
            List.of(.5, .4),
            "T5 V | C T5 V | C"),
        row(
            "the checkpoint's period starts again at the policy's checkpoint",
            32,
            100,
            length("batches: 12", periods("batches: 5", "batches: 7")),
            List.of(.5, .6, .7),
            "T5 V | C T5 V | T2 C V"),
        row(
            "periods in records and epochs",
            10,
            100,
            length("batches: 30", periods("epochs: 2", "records: 149")),
            List.of(.5, .6),
            "T14 C T6 V | C T10 C V"),
        row(
            "a period of less than a batch is one batch",
            10,
            100,
            length("batches: 2", periods("records: 3", "records: 9")),
            List.of(.5, .6),
            "T1 V | C T1 V | C"),
        row(
            "periods longer than the length",
            10,
            100,
            length("batches: 2", periods("batches: 3", "epochs: 9")),
            "T2 C V"));
  }

  private static Stream<Arguments> policies() {
    List<Double> metrics = List.of(.5, .5, Double.NaN, .4);
    return Stream.of(
        row(
            "policy best: strictly better only; not a number is not better",
            32,
            100,
            length("batches: 400", EVERY_100),
            metrics,
            "T100 V | C T100 V | T100 V | T100 V | C"),
        row(
            "policy best, larger is better",
            32,
            100,
            length("batches: 400", EVERY_100, "searcher.smaller_is_better=false"),
            List.of(.4, .4, Double.NaN, .5),
            "T100 V | C T100 V | T100 V | T100 V | C"),
        row(
            "policy all",
            32,
            100,
            length("batches: 400", EVERY_100, "checkpoint_policy=all"),
            metrics,
            "T100 V | C T100 V | C T100 V | C T100 V | C"),
        row(
            "policy none: unsaved training is saved at the end",
            32,
            100,
            length("batches: 400", EVERY_100, "checkpoint_policy=none"),
            metrics,
            "T100 V | T100 V | T100 V | T100 V | C"),
        row(
            "at the end the checkpoint comes first, and a better metric takes no second one",
            32,
            100,
            length("batches: 50", EVERY_100, "checkpoint_policy=all"),
            "T50 C V"));
  }

  private static Stream<Arguments> named() {
    return Stream.of(
        row("max 250, unit 100", 32, 100, length("batches: 250"), "T100 T100 T50 C V"),
        row(
            "max 300, validation every 100, best, smaller is better, .5 .6 .4",
            32,
            100,
            length("batches: 300", EVERY_100),
            List.of(.5, .6, .4),
            "T100 V | C T100 V | T100 V | C"));
  }

  private static List<String> length(String length, String... more) {
    return Stream.concat(
            Stream.of("searcher.max_length={" + length + "}"),
            Arrays.stream(more).flatMap(keys -> Arrays.stream(keys.split(";"))))
        .toList();
  }

  private static String periods(String validation, String checkpoint) {
    return "min_validation_period={%s};min_checkpoint_period={%s}"
        .formatted(validation, checkpoint);
  }

  private static Arguments row(
      String sentence, int globalBatch, int records, List<String> config, String stream) {
    return row(sentence, globalBatch, records, config, List.of(.5), stream);
  }

  private static Arguments row(
      String sentence,
      int globalBatch,
      int records,
      List<String> config,
      List<Double> metrics,
      String stream) {
    return Arguments.of(sentence, globalBatch, records, config, metrics, stream);
  }

  @Test
  void lengthsAreAbsoluteTotalsSoThatALongerOneGoesOnAndAnEqualOneOnlyValidates() {
    SequencerState trained = new SequencerState(50, 50, OptionalLong.of(50), best(.5), false);
    assertThat(legs(trained, "batches: 80")).containsExactly("T30 C V");
    assertThat(legs(trained, "batches: 50")).isEmpty();
    SequencerState notValidated = new SequencerState(50, 50, OptionalLong.of(40), best(.5), false);
    assertThat(legs(notValidated, "batches: 50")).containsExactly("V");
    SequencerState notSaved = new SequencerState(50, 40, OptionalLong.empty(), best(.5), false);
    assertThat(legs(notSaved, "batches: 20")).containsExactly("C V");
  }

  private static OptionalDouble best(double metric) {
    return OptionalDouble.of(metric);
  }

  private static List<String> legs(SequencerState state, String length) {
    return Run.legs(
        WorkloadSequencer.resume(Run.config(length(length).toArray(String[]::new)), 8, 100, state),
        List.of(.5).iterator());
  }
}
