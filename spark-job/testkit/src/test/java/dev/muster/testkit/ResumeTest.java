package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A resumed run equals one that was not interrupted, bit for bit. */
class ResumeTest {
  private static final int BATCHES = 36;
  private static final int STOPS = 10;

  @TempDir Path directory;

  /** Dropout or statistics, Adam, shuffling, and updates of 3 batches each. */
  private static TrialTesterBuilder classifier(String model, int slots) {
    return TrialTester.of(ClassifierTrial.class)
        .hparam("model", model)
        .hparam("optimizer", "adam")
        .hparam("shuffle", true)
        .hparam("global_batch_size", 10)
        .set("optimizations.aggregation_frequency", 3)
        .slots(slots);
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stopAtAnyBatchChangesNothing(int slots) {
    int[] stops = new Random(11).ints(1, BATCHES).distinct().limit(STOPS).sorted().toArray();
    assertThat(Arrays.stream(stops)).anyMatch(stop -> stop % 3 != 0).anyMatch(stop -> stop > 11);
    double[] losses;
    Map<String, float[]> variables;
    Validation validation;
    try (TrialTester straight = classifier("dropout", slots).open()) {
      losses = straight.train(BATCHES).losses();
      variables = straight.variables();
      validation = straight.validate();
    }
    Map<Integer, Path> checkpoints = new TreeMap<>();
    try (TrialTester stopping = classifier("dropout", slots).directory(directory).open()) {
      for (int stop : stops) {
        stopping.train(stop - (int) stopping.batchesTrained());
        checkpoints.put(stop, stopping.checkpoint());
      }
    }
    checkpoints.forEach(
        (stop, checkpoint) -> {
          try (TrialTester resumed = classifier("dropout", slots).resumeFrom(checkpoint).open()) {
            assertThat(resumed.train(BATCHES - stop).losses())
                .as("losses after a stop at " + stop)
                .isEqualTo(Arrays.copyOfRange(losses, stop, BATCHES));
            assertSame(resumed.variables(), variables);
            assertThat(resumed.validate()).isEqualTo(validation);
          }
        });
  }

  @Test
  void statisticsGoOnAsAfterTheSameCheckpointWithoutAStop() {
    Path checkpoint = directory.resolve("at-13");
    try (TrialTester straight = classifier("norm", 2).open()) {
      straight.train(13);
      straight.checkpoint(checkpoint);
      Training rest = straight.train(12);
      try (TrialTester resumed = classifier("norm", 2).resumeFrom(checkpoint).open()) {
        assertThat(resumed.train(12)).isEqualTo(rest);
        assertSame(resumed.variables(), straight.variables());
        assertSame(resumed.variables(1), straight.variables(1));
      }
    }
  }
}
