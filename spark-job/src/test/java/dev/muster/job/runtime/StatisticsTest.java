package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.job.collective.Collective;
import dev.muster.trial.TrialException;
import dev.muster.trial.metric.MetricValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Variables that are assigned and not trained, and variables that must not differ. */
class StatisticsTest {
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static TrialDefinition definition(int slots, int checkEvery) {
    return new TrialDefinition(
        "experiment",
        1,
        42,
        NoisyTrial.class.getName(),
        Map.of(
            "hyperparameters",
            Map.of("global_batch_size", 12, "learning_rate", 0.05),
            "debug",
            Map.of("check_variables_every", (long) checkEvery)),
        slots);
  }

  private Replica replica(int rank, int slots, int checkEvery) {
    return replica(definition(slots, checkEvery), rank);
  }

  private Replica replica(TrialDefinition definition, int rank) {
    int slots = definition.slots();
    return Replica.build(
        definition,
        rank,
        new ReplicaSettings(1, directory),
        Clusters.data(directory, 60, rank, slots));
  }

  /** What a slot had before and after a boundary. */
  private record Around(
      Map<String, float[]> before, Map<String, float[]> after, byte[] evaluated) {}

  private List<Around> aroundValidation(int slots) throws Exception {
    return Clusters.together(
        slots,
        1,
        (rank, ring) -> {
          try (Replica replica = replica(rank, slots, 0)) {
            replica.initialize();
            replica.join(ring, Set.of());
            replica.train(3, Clusters.QUIET);
            Map<String, float[]> before = replica.variables();
            byte[] evaluated = replica.evaluate(Clusters.QUIET);
            return new Around(before, replica.variables(), evaluated);
          }
        });
  }

  private static float[] of(Map<String, float[]> variables, String name) {
    return Objects.requireNonNull(variables.get(name), name);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void statisticsAreTheMeanOfTheSlotsFromAValidationOn(int slots) throws Exception {
    List<Around> ranks = aroundValidation(slots);
    for (String name : List.of("mask", "mean")) {
      float[] after = of(ranks.get(0).after(), name);
      for (int i = 0; i < after.length; i++) {
        double sum = 0;
        for (Around rank : ranks) {
          sum += of(rank.before(), name)[i];
        }
        assertThat((double) after[i]).as(name + "[" + i + "]").isCloseTo(sum / slots, within(1e-6));
      }
      assertThat(of(ranks.get(0).before(), name)).isNotEqualTo(of(ranks.get(1).before(), name));
    }
  }

  @Test
  void afterwardsAllVariablesHaveTheSameBitsOnAllRanks() throws Exception {
    List<Around> ranks = aroundValidation(3);
    for (Around rank : ranks) {
      rank.after()
          .forEach(
              (name, value) ->
                  assertThat(value).as(name).isEqualTo(of(ranks.get(0).after(), name)));
    }
  }

  /** A third of a value, three times, is not always the value. */
  @Test
  void whatIsTheSameInAllSlotsKeepsItsBits() throws Exception {
    Around rank = aroundValidation(3).get(1);
    float[] frozen = of(rank.before(), "frozen");
    assertThat(frozen)
        .as("values that the mean of three would change")
        .satisfies(
            values -> {
              int changed = 0;
              for (float value : values) {
                changed += (value + value + value) / 3 != value ? 1 : 0;
              }
              assertThat(changed).isPositive();
            });
    for (String name : List.of("frozen", "hidden/kernel", "hidden/kernel/Adam")) {
      assertThat(of(rank.after(), name)).as(name).isEqualTo(of(rank.before(), name));
    }
  }

  /** 64 bits are averaged as well; whole numbers become those of rank 0. */
  @Test
  void validationSeesTheSameStatisticsOnAllRanks() throws Exception {
    List<Around> ranks = aroundValidation(2);
    try (TrialCheck check = TrialCheck.of(definition(2, 0))) {
      Map<String, MetricValue> first = check.reduce(List.of(ranks.get(0).evaluated()));
      Map<String, MetricValue> second = check.reduce(List.of(ranks.get(1).evaluated()));
      for (String name : List.of("wide", "labels")) {
        assertThat(second.get(name)).as(name).isEqualTo(first.get(name));
      }
      double labels = ((MetricValue.Scalar) Objects.requireNonNull(first.get("labels"))).value();
      assertThat(labels).isEqualTo(Math.rint(labels)).isPositive();
    }
  }

  @Test
  void checkpointHasTheMeanAndEachSlotGoesOnFromIt() throws Exception {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    List<Map<String, float[]>> ranks =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              try (Replica replica = replica(rank, 2, 0)) {
                replica.initialize();
                replica.join(ring, Set.of());
                replica.train(2, Clusters.QUIET);
                replica.checkpoint(checkpoint, Map.of());
                return replica.variables();
              }
            });
    try (Replica restored = replica(1, 2, 0)) {
      restored.restore(checkpoint);
      for (Map<String, float[]> rank : ranks) {
        rank.forEach(
            (name, value) -> assertThat(of(restored.variables(), name)).as(name).isEqualTo(value));
      }
    }
  }

  @Test
  void oneSlotKeepsItsStatistics() throws Exception {
    try (Replica replica = replica(0, 1, 1)) {
      replica.initialize();
      replica.join(Collective.single(), Set.of());
      replica.train(2, Clusters.QUIET);
      Map<String, float[]> before = replica.variables();
      replica.evaluate(Clusters.QUIET);
      before.forEach(
          (name, value) -> assertThat(of(replica.variables(), name)).as(name).isEqualTo(value));
    }
  }

  /** {@link NoisyTrial} then changes a weight of that slot in its fifth step. */
  private static TrialDefinition corrupting(int rank, int checkEvery) {
    TrialDefinition sound = definition(3, checkEvery);
    Map<String, Object> config = new LinkedHashMap<>(sound.experimentConfig());
    Map<String, Object> hparams = new LinkedHashMap<>(sound.hparams());
    hparams.put("corrupted_rank", rank);
    config.put("hyperparameters", hparams);
    return new TrialDefinition("experiment", 1, 42, sound.entrypoint(), config, 3);
  }

  private List<String> ends(TrialDefinition definition) throws Exception {
    return Clusters.together(
        3,
        1,
        (rank, ring) -> {
          try (Replica replica = replica(definition, rank)) {
            replica.initialize();
            replica.join(ring, Set.of());
            replica.train(7, Clusters.QUIET);
            return "trained";
          } catch (TrialException e) {
            return String.valueOf(e.getMessage());
          }
        });
  }

  @Test
  void aVariableThatDiffersIsNamedWithItsRanksAndTheStep() throws Exception {
    assertThat(ends(corrupting(1, 2)))
        .containsOnly(
            "Cannot go on training after step 6: variables differ between slots, expected the same"
                + " values on all ranks, found 'hidden/kernel' ranks [0, 2] unlike ranks [1]; look for"
                + " a hook or an op that assigns them from a slot's own data");
  }

  @Test
  void variablesAreNotComparedUnlessAskedFor() throws Exception {
    assertThat(ends(corrupting(1, 0))).containsOnly("trained");
  }

  @Test
  void equalVariablesPassTheCheck() throws Exception {
    assertThat(ends(corrupting(-1, 1))).containsOnly("trained");
  }
}
