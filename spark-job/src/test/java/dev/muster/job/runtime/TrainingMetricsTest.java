package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.TrialException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a slot reports of its training batches. */
class TrainingMetricsTest {
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static TrialDefinition definition(String meanName, int slots) {
    return new TrialDefinition(
        "e",
        1,
        3,
        SummaryTrial.class.getName(),
        Map.of("hyperparameters", Map.of("global_batch_size", 4, "mean_name", meanName)),
        slots);
  }

  /**
   * Seven records in batches of four over two slots: slot 0 gets {0, 2}, then {4, 6}; slot 1 gets
   * {1, 3}, then {5}. Each value counts once for each of its batch's examples.
   */
  @Test
  void summariesAreSumsOverBatchesWeightedByTheirExamples() throws Exception {
    List<TrainReport> reports =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              try (Replica replica =
                  Replica.build(
                      definition("mean_label", 2),
                      rank,
                      new ReplicaSettings(1, directory),
                      Clusters.data(directory, 7, rank, 2))) {
                replica.initialize();
                replica.join(ring, Set.of());
                return replica.train(2, Clusters.QUIET);
              }
            });
    long[] y = new long[7];
    for (int i = 0; i < y.length; i++) {
      y[i] = Clusters.label(i);
    }
    assertThat(reports).extracting(TrainReport::examples).containsExactly(4L, 3L);
    Map<String, Double> chief = reports.get(0).metricSums();
    Map<String, Double> other = reports.get(1).metricSums();
    assertThat(chief.keySet()).containsExactly("loss", "mean_label", "max_label", "learning_rate");
    assertThat(chief.get("learning_rate")).isEqualTo(0.25 * 4);
    assertThat(other.get("learning_rate")).isEqualTo(0.25 * 3);
    assertThat(chief.get("mean_label")).isCloseTo(y[0] + y[2] + y[4] + y[6], within(1e-6));
    assertThat(other.get("mean_label")).isCloseTo(y[1] + y[3] + y[5], within(1e-6));
    assertThat(chief.get("max_label"))
        .isEqualTo(2.0 * Math.max(y[0], y[2]) + 2.0 * Math.max(y[4], y[6]));
    assertThat(other.get("max_label")).isEqualTo(2.0 * Math.max(y[1], y[3]) + y[5]);
    assertThat(chief.get("loss")).isEqualTo(reports.get(0).lossSum()).isPositive();
  }

  @Test
  void nameThatIsTakenIsRefused() throws Exception {
    for (String name : List.of("loss", "max_label")) {
      assertThatThrownBy(
              () ->
                  Replica.build(
                      definition(name, 1),
                      0,
                      new ReplicaSettings(1, directory),
                      Clusters.data(directory, 7, 0, 1)))
          .isInstanceOf(TrialException.class)
          .hasMessage(
              "Cannot report summary '"
                  + name
                  + "': there is a training metric of this name already; name it otherwise");
    }
  }
}
