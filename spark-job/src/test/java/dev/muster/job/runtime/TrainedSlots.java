package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.EstimatorTrial;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Trains a trial of the tests in slots that are threads. */
record TrainedSlots(
    Class<? extends EstimatorTrial> trial,
    Path directory,
    int records,
    Map<String, Object> hparams,
    Map<String, Object> optimizations) {
  TrialDefinition definition(int slots) {
    return new TrialDefinition(
        "experiment",
        1,
        42,
        trial.getName(),
        Map.of("hyperparameters", hparams, "optimizations", optimizations),
        slots);
  }

  Replica replica(int rank, int slots) {
    return Replica.build(
        definition(slots),
        rank,
        new ReplicaSettings(1, directory),
        Clusters.data(directory, records, rank, slots));
  }

  /** Trains from the start; the float32 variables of each slot. */
  List<Map<String, float[]>> train(int slots, int batches) throws Exception {
    return Clusters.together(
        slots,
        1,
        (rank, ring) -> {
          try (Replica replica = replica(rank, slots)) {
            replica.initialize();
            replica.join(ring, Set.of());
            replica.train(batches, Clusters.QUIET);
            Map<String, float[]> variables = replica.variables();
            replica.leave();
            return variables;
          }
        });
  }

  static Map<String, float[]> without(Map<String, float[]> variables, String name) {
    Map<String, float[]> others = new LinkedHashMap<>(variables);
    others.remove(name);
    return others;
  }

  static void assertSameBits(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isNotEmpty().isEqualTo(expected.keySet());
    actual.forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
  }

  /** Each value within a millionth of the variable's largest one, times {@code millionths}. */
  static void assertClose(
      Map<String, float[]> actual, Map<String, float[]> expected, int millionths) {
    assertThat(actual.keySet()).isNotEmpty().isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          float scale = 0;
          for (float value : values) {
            scale = Math.max(scale, Math.abs(value));
          }
          assertThat(actual.get(name))
              .as(name)
              .usingComparatorWithPrecision(Math.max(scale, 1e-3f) * millionths * 1e-6f)
              .containsExactly(values);
        });
  }
}
