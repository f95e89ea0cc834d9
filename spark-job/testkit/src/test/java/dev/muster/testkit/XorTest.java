package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reference's tests of XOR (SPEC section 11). */
class XorTest {
  @TempDir Path directory;

  private static TrialTesterBuilder xor(String optimizer) {
    return TrialTester.of(XorTrial.class)
        .hparam("global_batch_size", 4)
        .hparam("optimizer", optimizer)
        .seed(325);
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
  }

  private ExperimentRun wholeExperiment() {
    try (TrialTester tester =
        xor("sgd")
            .set("searcher.max_length", Map.of("batches", 10_000))
            .set("scheduling_unit", 1_000)
            .set("min_validation_period", Map.of("batches", 5_000))
            .directory(directory)
            .open()) {
      return tester.run();
    }
  }

  @Test
  void lossFallsAtEveryBatchAndAccuracyNeverFalls() throws IOException {
    ExperimentRun run = wholeExperiment();

    double[] losses = run.losses();
    assertThat(losses).hasSize(10_000);
    for (int batch = 1; batch < losses.length; batch++) {
      assertThat(losses[batch]).as("batch " + batch).isLessThan(losses[batch - 1]);
    }
    double accuracy = 0;
    for (Validation validation : run.validations()) {
      assertThat(validation.scalar("accuracy")).isGreaterThanOrEqualTo(accuracy);
      accuracy = validation.scalar("accuracy");
    }
    assertThat(accuracy).isEqualTo(1);
    assertThat(run.stream()).isEqualTo("T T T T T V C T T T T T V C");
    Path inference = run.checkpoints().get(1).resolve("inference");
    try (Stream<Path> models = Files.list(inference)) {
      assertThat(models).containsExactly(inference.resolve("10000"));
    }
    assertThat(inference.resolve("10000").resolve("saved_model.pb")).exists();
    float[] probability =
        java.util.Objects.requireNonNull(
                TrialTester.predict(
                        run.checkpoints().get(1),
                        "inference",
                        Map.of("input", new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}}))
                    .get("probability"))
            .floats();
    assertThat(probability[0]).isLessThan(0.5f);
    assertThat(probability[1]).isGreaterThan(0.5f);
    assertThat(probability[2]).isGreaterThan(0.5f);
    assertThat(probability[3]).isLessThan(0.5f);
  }

  @Test
  void twoRunsAreEqual() {
    for (String optimizer : new String[] {"sgd", "adam"}) {
      try (TrialTester one = xor(optimizer).open();
          TrialTester other = xor(optimizer).open()) {
        assertThat(one.train(50)).isEqualTo(other.train(50));
        assertThat(one.validate()).isEqualTo(other.validate());
        assertSame(one.variables(), other.variables());
      }
    }
  }

  @Test
  void validationAloneAfterACheckpointHasTheSameLoss() {
    double loss;
    Path checkpoint = directory.resolve("at-10");
    try (TrialTester tester = xor("sgd").open()) {
      tester.train(10);
      loss = tester.validate().loss();
      tester.checkpoint(checkpoint);
    }
    try (TrialTester tester = xor("sgd").resumeFrom(checkpoint).open()) {
      assertThat(tester.batchesTrained()).isEqualTo(10);
      assertThat(tester.validate().loss()).isEqualTo(loss);
    }
  }

  @Test
  void stateOfTheOptimizerSurvivesACheckpoint() {
    Path checkpoint = directory.resolve("at-100");
    try (TrialTester tester = xor("adam").open()) {
      tester.train(100);
      tester.checkpoint(checkpoint);
    }
    try (TrialTester resumed = xor("adam").resumeFrom(checkpoint).open();
        TrialTester straight = xor("adam").open()) {
      resumed.train(100);
      straight.train(200);
      assertSame(resumed.variables(), straight.variables());
      assertThat(resumed.validate().loss()).isEqualTo(straight.validate().loss());
    }
  }

  @Test
  void missingGlobalBatchSizeIsSaidToBeRequired() {
    assertThatThrownBy(() -> TrialTester.of(XorTrial.class).open())
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("hyperparameters.global_batch_size: is a required hyperparameter");
  }
}
