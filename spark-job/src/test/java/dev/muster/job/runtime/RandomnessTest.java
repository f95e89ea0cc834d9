package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.metric.MetricValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random numbers of a whole trial: equal where they must be, different where they must be. */
class RandomnessTest {
  private static final int RECORDS = 50;
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static TrialDefinition definition(long seed, int slots) {
    return definition(NoisyTrial.class, seed, slots, false);
  }

  private static TrialDefinition definition(Class<?> trial, long seed, int slots, boolean frozen) {
    return new TrialDefinition(
        "experiment",
        1,
        seed,
        trial.getName(),
        Map.of(
            "hyperparameters",
            Map.of("global_batch_size", 8, "learning_rate", 0.05, "frozen", frozen)),
        slots);
  }

  private Replica replica(long seed, int rank, int slots) {
    return replica(definition(seed, slots), rank);
  }

  private Replica replica(TrialDefinition definition, int rank) {
    int slots = definition.slots();
    return Replica.build(
        definition,
        rank,
        new ReplicaSettings(1, directory),
        Clusters.data(directory, RECORDS, rank, slots));
  }

  /** The variables of each rank after some steps, with a checkpoint on the way. */
  private List<Map<String, float[]>> train(
      int slots, int before, @Nullable Path checkpoint, int after) throws Exception {
    return train(definition(42, slots), before, checkpoint, after);
  }

  private List<Map<String, float[]>> train(
      TrialDefinition definition, int before, @Nullable Path checkpoint, int after)
      throws Exception {
    return Clusters.together(
        definition.slots(),
        1,
        (rank, ring) -> {
          try (Replica replica = replica(definition, rank)) {
            replica.initialize();
            replica.join(ring, Set.of());
            replica.train(before, Clusters.QUIET);
            if (checkpoint != null) {
              replica.checkpoint(checkpoint, Map.of());
            }
            replica.train(after, Clusters.QUIET);
            return replica.variables();
          }
        });
  }

  private List<Map<String, float[]>> resume(TrialDefinition definition, Path checkpoint, int steps)
      throws Exception {
    return Clusters.together(
        definition.slots(),
        2,
        (rank, ring) -> {
          try (Replica replica = replica(definition, rank)) {
            replica.restore(checkpoint);
            replica.join(ring, definition.slots() == 1 ? Set.of(0) : Set.of(0, 1));
            replica.train(steps, Clusters.QUIET);
            return replica.variables();
          }
        });
  }

  private static void assertSameBits(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).contains("hidden/kernel").isEqualTo(expected.keySet());
    actual.forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
  }

  private static float[] of(Map<String, float[]> variables, String name) {
    return Objects.requireNonNull(variables.get(name), name);
  }

  /** With dropout, Adam and shuffled records; 50 records, so that the stop is not a pass's end. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void resumedRunEqualsUninterruptedRun(int slots) throws Exception {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    List<Map<String, float[]>> interrupted = train(slots, 7, checkpoint, 13);
    List<Map<String, float[]>> resumed = resume(definition(42, slots), checkpoint, 13);
    List<Map<String, float[]>> straight = train(slots, 20, null, 0);
    for (int rank = 0; rank < slots; rank++) {
      assertSameBits(resumed.get(rank), interrupted.get(rank));
      for (String trained : List.of("hidden/kernel", "logits/bias", "hidden/kernel/Adam")) {
        assertThat(of(resumed.get(rank), trained))
            .as(trained)
            .isEqualTo(of(straight.get(rank), trained));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void resumedRunEqualsUninterruptedRunWithMustersDropoutAndBatchNormalization(int slots)
      throws Exception {
    TrialDefinition definition = definition(LayeredTrial.class, 42, slots, false);
    Path checkpoint = Files.createDirectories(directory.resolve("layers"));
    List<Map<String, float[]>> interrupted = train(definition, 7, checkpoint, 13);
    List<Map<String, float[]>> resumed = resume(definition, checkpoint, 13);
    for (int rank = 0; rank < slots; rank++) {
      assertSameBits(resumed.get(rank), interrupted.get(rank));
    }
    assertThat(of(resumed.get(0), "norm/moving_mean")).doesNotContain(0);
  }

  @Test
  void severalSlotsEqualOneWithFrozenStatistics() throws Exception {
    Map<String, float[]> one =
        train(definition(LayeredTrial.class, 42, 1, true), 10, null, 0).get(0);
    Map<String, float[]> two =
        train(definition(LayeredTrial.class, 42, 2, true), 10, null, 0).get(1);
    one.forEach(
        (name, value) -> assertThat(of(two, name)).as(name).containsExactly(value, within(1e-5f)));
  }

  @Test
  void slotsDropDifferentUnitsAndKeepTheSameWeights() throws Exception {
    List<Map<String, float[]>> ranks = train(2, 1, null, 0);
    assertThat(of(ranks.get(0), "mask")).isNotEqualTo(of(ranks.get(1), "mask"));
    assertThat(of(ranks.get(0), "hidden/kernel")).isEqualTo(of(ranks.get(1), "hidden/kernel"));
  }

  @Test
  void stepsDropDifferentUnits() throws Exception {
    assertThat(of(train(1, 1, null, 0).get(0), "mask"))
        .isNotEqualTo(of(train(1, 2, null, 0).get(0), "mask"));
  }

  /** Before they are joined, so that no weight comes from rank 0. */
  @Test
  void sameSeedGivesTheSameInitialWeightsInAllSlots() {
    Map<String, float[]> first = initial(42, 0, 1);
    assertSameBits(initial(42, 1, 2), first);
    assertSameBits(initial(42, 2, 3), first);
    assertThat(of(initial(43, 0, 1), "hidden/kernel")).isNotEqualTo(of(first, "hidden/kernel"));
    assertThat(of(first, "hidden/kernel")).doesNotHaveDuplicates();
  }

  private Map<String, float[]> initial(long seed, int rank, int slots) {
    try (Replica replica = replica(seed, rank, slots)) {
      replica.initialize();
      return replica.variables();
    }
  }

  @Test
  void validationDrawsTheSameEachTimeAndAnotherNumberForEachBatch() throws Exception {
    try (Replica replica = replica(42, 0, 1);
        TrialCheck check = TrialCheck.of(definition(42, 1))) {
      replica.initialize();
      replica.join(dev.muster.job.collective.Collective.single(), Set.of());
      List<MetricValue> noise = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        replica.train(1, Clusters.QUIET);
        noise.add(
            Objects.requireNonNull(
                check.reduce(List.of(replica.evaluate(Clusters.QUIET))).get("noise")));
      }
      assertThat(noise.get(1)).isEqualTo(noise.get(0));
    }
  }
}
