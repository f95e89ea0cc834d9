package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers in a trial that trains in one and in several slots. */
class LayersInSlotsTest {
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private TrainedSlots trial(String norm, int ids, int records) {
    return new TrainedSlots(
        LayersTrial.class,
        directory,
        records,
        Map.of("global_batch_size", 12, "norm", norm, "ids", ids),
        Map.of());
  }

  @Test
  void severalSlotsEqualOneWithFrozenBatchNormalizationAndEmbeddings() throws Exception {
    Map<String, float[]> one = trial("frozen", 4, 96).train(1, 8).get(0);
    assertThat(one).containsKeys("norm/gamma", "words/embeddings", "wide/x/weights");
    for (int slots : new int[] {2, 3}) {
      List<Map<String, float[]>> several = trial("frozen", 4, 96).train(slots, 8);
      several.forEach(slot -> TrainedSlots.assertSameBits(slot, several.get(0)));
      TrainedSlots.assertClose(several.get(0), one, 20);
    }
  }

  @Test
  void movingAveragesMoveInEverySlotAndTheRestIsTheSame() throws Exception {
    List<Map<String, float[]>> slots = trial("trained", 4, 96).train(2, 8);
    for (Map<String, float[]> slot : slots) {
      assertThat(slot.get("norm/moving_variance")).doesNotContain(1, Float.NaN);
      assertThat(slot.get("steps")).containsExactly(8);
      for (String trained : List.of("norm/gamma", "conv/kernel", "words/embeddings")) {
        assertThat(slot.get(trained)).as(trained).isEqualTo(slots.get(0).get(trained));
      }
    }
    assertThat(slots.get(0).get("norm/moving_mean"))
        .isNotEqualTo(slots.get(1).get("norm/moving_mean"));
  }

  /** 13 records in batches of 12: the second slot of the last batch of a pass has none. */
  @Test
  void slotWithoutRecordsKeepsItsMovingAverages() throws Exception {
    List<Map<String, float[]>> slots = trial("trained", 4, 13).train(2, 2);
    assertThat(slots.get(0).get("steps")).containsExactly(2);
    assertThat(slots.get(1).get("steps")).containsExactly(1);
    for (Map<String, float[]> slot : slots) {
      slot.forEach(
          (name, values) -> {
            for (float value : values) {
              assertThat(value).as(name).isFinite();
            }
          });
    }
    float[] afterOne = trial("trained", 4, 13).train(2, 1).get(1).get("norm/moving_mean");
    assertThat(slots.get(1).get("norm/moving_mean")).isEqualTo(afterOne);
  }

  @Test
  void idBeyondTheTableIsTheTrialsFault() {
    assertThatThrownBy(() -> trial("frozen", 3, 24).train(1, 1))
        .cause()
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot run step 1 on rank 0: an op of the model failed")
        .hasMessageContaining("is not in [0, 3)");
  }
}
