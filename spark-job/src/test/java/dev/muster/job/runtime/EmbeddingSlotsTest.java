package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables whose optimizers update the touched rows alone. */
class EmbeddingSlotsTest {
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private TrainedSlots trial(String optimizer, int batch, int window) {
    return new TrainedSlots(
        EmbeddingTrial.class,
        directory,
        96,
        Map.of("global_batch_size", batch, "optimizer", optimizer),
        Map.of("aggregation_frequency", window));
  }

  private static Map<String, float[]> same(List<Map<String, float[]>> slots) {
    slots.forEach(slot -> TrainedSlots.assertSameBits(slot, slots.get(0)));
    return slots.get(0);
  }

  private static float[] row(Map<String, float[]> variables, String name, int row) {
    float[] table = Objects.requireNonNull(variables.get(name), name);
    int width = EmbeddingTrial.DIMENSIONS;
    return Arrays.copyOfRange(table, row * width, (row + 1) * width);
  }

  @ParameterizedTest
  @CsvSource({"adam,2", "adam,3", "adam,4", "adagrad,2"})
  void severalSlotsEqualOneSlotWithTheSameGlobalBatch(String optimizer, int slots)
      throws Exception {
    Map<String, float[]> one = trial(optimizer, 12, 1).train(1, 8).get(0);
    TrainedSlots.assertClose(same(trial(optimizer, 12, 1).train(slots, 8)), one, 30);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aWindowOfSmallBatchesEqualsOneBigBatch(int slots) throws Exception {
    Map<String, float[]> big = trial("adam", 48, 1).train(1, 4).get(0);
    TrainedSlots.assertClose(same(trial("adam", 12, 4).train(slots, 16)), big, 30);
  }

  @Test
  void rowsThatNoSlotTouchedStayAsTheyWere() throws Exception {
    Map<String, float[]> first = trial("adam", 12, 1).train(1, 0).get(0);
    Map<String, float[]> trained = same(trial("adam", 12, 1).train(2, 8));
    String table = EmbeddingTrial.TABLE;
    for (int row = 30; row < EmbeddingTrial.ROWS; row++) {
      assertThat(row(trained, table, row)).isEqualTo(row(first, table, row));
      assertThat(row(trained, table + "/Adam", row)).containsOnly(0);
    }
    assertThat(row(trained, table, 0)).isNotEqualTo(row(first, table, 0));
  }

  @Test
  void aRowThatAStepDoesNotTouchRestsInThatStep() throws Exception {
    // A dense Adam would move each row that was touched once in every later step.
    TrainedSlots trial = trial("adam", 2, 1);
    Map<String, float[]> before = same(trial.train(2, 8));
    Map<String, float[]> after = same(trial.train(2, 9));
    int rested = 0;
    int moved = 0;
    for (int row = 0; row < 30; row++) {
      boolean touched = row(before, EmbeddingTrial.TABLE + "/Adam", row)[0] != 0;
      if (touched) {
        boolean same =
            Arrays.equals(
                row(before, EmbeddingTrial.TABLE, row), row(after, EmbeddingTrial.TABLE, row));
        rested += same ? 1 : 0;
        moved += same ? 0 : 1;
      }
    }
    assertThat(rested).isPositive();
    assertThat(moved).isPositive();
  }
}
