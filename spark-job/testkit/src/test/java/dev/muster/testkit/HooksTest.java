package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reference's tests of hooks and of early stopping (SPEC section 11). */
class HooksTest {
  @TempDir Path directory;

  /** 50 batches, 5 in a workload. */
  private TrialTesterBuilder hooked(String stop, int validationPeriod) {
    return TrialTester.of(HookedTrial.class)
        .hparam("global_batch_size", 4)
        .hparam("stop", stop)
        .set("data.calls", directory.resolve("calls").toString())
        .set("scheduling_unit", 5)
        .set("searcher.max_length", Map.of("batches", 50))
        .set("min_validation_period", Map.of("batches", validationPeriod))
        .directory(directory);
  }

  private ExperimentRun run(TrialTesterBuilder builder) {
    try (TrialTester tester = builder.open()) {
      return tester.run();
    }
  }

  private long calls(String call) throws IOException {
    return Files.readAllLines(directory.resolve("calls")).stream().filter(call::equals).count();
  }

  @Test
  void hooksOfTrainingAndValidationAreCalledAsOftenAsThereAreBatches() throws IOException {
    ExperimentRun run = run(hooked("never", 25));

    assertThat(run.stream()).isEqualTo("T T T T T V C T T T T T V C");
    assertThat(calls("training afterRun")).isEqualTo(50);
    assertThat(calls("validation afterRun")).isEqualTo(2);
    assertThat(calls("training begin")).isEqualTo(1);
    assertThat(calls("training end")).isEqualTo(1);
    assertThat(calls("validation begin")).isEqualTo(2);
    assertThat(calls("validation end")).isEqualTo(2);
    assertThat(calls("training onTrialClose")).isEqualTo(1);
  }

  @Test
  void filesOfHooksRideAlongInCheckpoints() throws IOException {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    try (TrialTester tester = hooked("never", 25).open()) {
      tester.train(5);
      tester.checkpoint(first);
    }
    try (TrialTester tester = hooked("never", 25).resumeFrom(first).open()) {
      tester.train(5);
      tester.checkpoint(second);
    }
    assertThat(first.resolve("custom.log")).hasContent("1");
    assertThat(second.resolve("custom.log")).hasContent("2");
  }

  @Test
  void trainingHookThatAsksToStopEndsTheTrialAfterTheWorkloadAndACheckpoint() throws IOException {
    ExperimentRun run = run(hooked("training", 25));

    assertThat(run.stream()).isEqualTo("T C");
    assertThat(run.stoppedEarly()).isTrue();
    assertThat(run.losses()).hasSize(5);
    assertThat(calls("training afterRun")).isEqualTo(5);
    assertThat(calls("training end")).isEqualTo(1);
  }

  @Test
  void validationHookThatAsksToStopEndsTheTrialAfterTheValidation() throws IOException {
    ExperimentRun run = run(hooked("validation", 5));

    assertThat(run.stream()).isEqualTo("T V C");
    assertThat(run.stoppedEarly()).isTrue();
    assertThat(run.validations()).hasSize(1);
    assertThat(run.validations().get(0).metrics()).containsKeys("loss", "accuracy");
    assertThat(calls("training end")).isEqualTo(1);
  }

  @Test
  void severalSlotsStopTogether() {
    ExperimentRun run = run(hooked("training", 25).slots(2));
    assertThat(run.stream()).isEqualTo("T C");
    assertThat(run.losses()).hasSize(5);
  }

  @Test
  void experimentGoesOnFromACheckpointInTheMiddleOfIt() {
    ExperimentRun whole = run(hooked("never", 20));
    assertThat(whole.stream()).isEqualTo("T T T T V C T T T T V C T T C V");

    ExperimentRun rest = run(hooked("never", 20).resumeFrom(whole.checkpoints().get(0)));

    assertThat(rest.stream()).isEqualTo("T T T T V C T T C V");
    assertThat(rest.validations())
        .isEqualTo(whole.validations().subList(1, whole.validations().size()));
  }
}
