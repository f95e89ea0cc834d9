package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.TrialException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a data set's pipeline does, through the whole trial; expectations are worked by hand. */
class PipelineTest {
  @TempDir Path directory;

  private static TrialTesterBuilder trial(String pipeline, int slots) {
    return TrialTester.of(PipelineTrial.class)
        .hparam("pipeline", pipeline)
        .hparam("global_batch_size", 4)
        .slots(slots);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void mapsOfTheGraphFollowEachOtherInTrainingAndValidation(int slots) {
    try (TrialTester tester = trial("map", slots).open()) {
      // y = 2 (i + 1) = 2 4 6 8: mean of squares 30; x = 0 2 4 6: d/dw = -2 · 80 / 4 = -40
      assertThat(tester.train(1).losses()).containsExactly(30);
      assertThat((double) tester.variable("w")[0]).isCloseTo(0.04, within(1e-7));
      assertThat(tester.validate().scalar("labels")).isEqualTo(2 * 55);
    }
  }

  @Test
  void derivedReceiverTakesTheFeaturesAsTheLastMapReturnsThem() {
    try (TrialTester tester = trial("map", 1).open()) {
      tester.train(1);
      Map<String, dev.muster.trial.metric.HeapTensor> served =
          TrialTester.predict(tester.checkpoint(), "default", Map.of("x", new float[] {10f, 20f}));
      assertThat(Objects.requireNonNull(served.get("y")).asDoubles()[1])
          .isCloseTo(0.8, within(1e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"noise", "drawn"})
  void resumedRunDrawsInItsMapsWhatAnUninterruptedOneDoes(String pipeline) {
    for (int slots : new int[] {1, 2}) {
      try (TrialTester straight = trial(pipeline, slots).open()) {
        double[] losses = straight.train(12).losses();
        Validation validation = straight.validate();
        Path at5 = directory.resolve(pipeline + slots);
        try (TrialTester stopping = trial(pipeline, slots).open()) {
          stopping.train(5);
          stopping.checkpoint(at5);
        }
        try (TrialTester resumed = trial(pipeline, slots).resumeFrom(at5).open()) {
          assertThat(resumed.train(7).losses()).isEqualTo(Arrays.copyOfRange(losses, 5, 12));
          assertThat(resumed.validate()).isEqualTo(validation);
        }
        // ten uniform numbers, of mean 1/2, and others in the next validation's stead: none
        assertThat(validation.scalar("labels") - 45).isBetween(2.0, 8.0);
        assertThat(straight.validate()).isEqualTo(validation);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void batchMapsChangeWhatIsFed(int slots) {
    try (TrialTester tester = trial("mapBatch", slots).open()) {
      // y = 10 i + i = 0 11 22 33: mean of squares 121 · 14 / 4
      assertThat(tester.train(1).losses()[0]).isCloseTo(423.5, within(1e-4));
      // 18 records in batches of 4: the fifth has 2, and of 4 slots 2 have none
      tester.train(9);
      for (int validation = 0; validation < 2; validation++) {
        assertThat(tester.validate().scalar("labels")).isEqualTo(11 * 45);
        assertThat(tester.validate().scalar("count")).isEqualTo(10);
      }
    }
  }

  @Test
  void batchMapReadsTexts() {
    try (TrialTester tester = trial("texts", 2).open()) {
      assertThat(tester.validate().scalar("labels")).isEqualTo(2 * 45);
    }
  }

  @Test
  void failingBatchMapIsTheTrialsFaultAndNamesItsLine() {
    try (TrialTester tester = trial("failing mapBatch", 1).open()) {
      assertThat(tester.train(1).losses()).hasSize(1);
      assertThatThrownBy(() -> tester.train(1))
          .hasStackTraceContaining(
              "Cannot map a batch: mapBatch() threw java.lang.IllegalStateException: too dark (at"
                  + " dev.muster.testkit.PipelineTrial.failAtFour(PipelineTrial.java:")
          .hasRootCauseMessage("too dark");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "write texts | Cannot map a batch: mapBatch() threw",
        "no column | Cannot map a batch: expected a column 'z', found [name, x, y]",
        "wrong type | Cannot map a batch: expected column 'x' as TInt64, found TFloat32",
      })
  void mistakenBatchMapSaysWhy(String pipeline, String message) {
    try (TrialTester tester = trial(pipeline, 1).open()) {
      assertThatThrownBy(() -> tester.train(1)).hasStackTraceContaining(message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null map | map() of data set 'rows in memory' returned null",
        "map to null | map() of data set 'rows in memory' returned null for 'x'",
        "map to labels | returned no feature: expected a name that is none of the labels [y]",
        "failing map | threw java.lang.IllegalStateException: no such column (at dev.muster",
      })
  void mistakenMapIsNamedWhenTheTrialIsBuilt(String pipeline, String message) {
    assertThatThrownBy(() -> trial(pipeline, 1).open())
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("Cannot build trial dev.muster.testkit.PipelineTrial: map() of")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void selectionsAndWholeBatchesHoldForAllSlotsTogether(int slots) {
    try (TrialTester tester = trial("part", slots).open()) {
      assertThat(tester.train(1).losses()[0]).isEqualTo((4 + 9 + 16 + 25) / 4.0);
      // 2 … 8; a pass of 7 records has 2 batches
      assertThat(tester.validate().scalar("labels")).isEqualTo(35);
      assertThat(tester.validate().scalar("count")).isEqualTo(7);
    }
    try (TrialTester tester = trial("whole batches", slots).open()) {
      assertThat(tester.validate().scalar("labels")).isEqualTo(0 + 1 + 2 + 3 + 4 + 5 + 6 + 7);
      tester.train(4);
      // mean x² of four batches 3.5, 31.5, 91.5, 183.5, the rate 1e-3; then 3.5 (1 - w)² again
      double left = (1 - 0.007) * (1 - 0.063) * (1 - 0.183) * (1 - 0.367);
      assertThat(tester.train(1).losses()[0]).isCloseTo(3.5 * left * left, within(1e-5));
    }
    try (TrialTester tester = trial("part of each pass", slots).open()) {
      assertThat(tester.validate().scalar("count")).isEqualTo(6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void zippedRowsEndWithTheShorterList(int slots) {
    try (TrialTester tester = trial("zip", slots).open()) {
      // 100² + 101² + 102² + 103² = 41214
      assertThat(tester.train(1).losses()[0]).isCloseTo(41214 / 4.0, within(1e-2));
      assertThat(tester.validate().scalar("count")).isEqualTo(9);
      assertThat(tester.validate().scalar("labels")).isEqualTo(9 * 104);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void validationReadsItsDataAsOftenAsItIsRepeated(int slots) {
    for (String pipeline : new String[] {"twice", "twice in batches"}) {
      try (TrialTester tester = trial(pipeline, slots).open()) {
        assertThat(tester.validate().scalar("count")).isEqualTo(20);
        assertThat(tester.validate().scalar("labels")).isEqualTo(90);
        tester.train(10);
      }
    }
  }

  @Test
  void passShuffledWithinWindowsHasEachRecordOnce() {
    try (TrialTester tester = trial("window", 2).open()) {
      assertThat(tester.validate().scalar("labels")).isEqualTo(45);
      assertThat(tester.train(1).losses()[0]).as("x < 6").isLessThan((4 + 9 + 16 + 25) / 4.0 + 0.1);
    }
  }

  @Test
  void dataOfLessThanOneWholeBatchIsRefused() {
    assertThatThrownBy(() -> trial("whole batches", 2).hparam("global_batch_size", 12).open())
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("Cannot use the validation data: dropRemainder() leaves no batch")
        .hasMessageContaining("10 records, less than one global batch of 12");
  }
}
