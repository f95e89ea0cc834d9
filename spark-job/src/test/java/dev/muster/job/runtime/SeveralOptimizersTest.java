package dev.muster.job.runtime;

import static dev.muster.job.runtime.Clusters.QUIET;
import static dev.muster.job.runtime.OptimizersTrial.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.collective.CollectiveException;
import dev.muster.trial.TrialException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SeveralOptimizersTest {
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private TrainedSlots trial(String way) {
    return trial(way, 96);
  }

  private TrainedSlots trial(String way, int records) {
    return new TrainedSlots(
        OptimizersTrial.class,
        directory,
        records,
        Map.of("global_batch_size", 12, "way", way, "rate", 0.05),
        Map.of());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void twoOptimizersWithTheSameRateDoWhatOneDoes(int slots) throws Exception {
    Map<String, float[]> one = trial("one").train(slots, 8).get(0);
    for (Map<String, float[]> two : trial("two").train(slots, 8)) {
      TrainedSlots.assertSameBits(two, one);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void severalSlotsWithDifferentOptimizersEqualOneSlot(int slots) throws Exception {
    Map<String, float[]> one = trial("different").train(1, 8).get(0);
    assertThat(one).containsKeys("hidden/kernel/Adam", "beta1_power");
    List<Map<String, float[]>> several = trial("different").train(slots, 8);
    several.forEach(slot -> TrainedSlots.assertSameBits(slot, several.get(0)));
    TrainedSlots.assertClose(several.get(0), one, 20);
  }

  @Test
  void aBrokenExchangeLeavesTheVariablesOfAllOptimizersAsTheyWere() throws Exception {
    TrainedSlots trial = trial("different");
    List<Replica> replicas = new ArrayList<>();
    List<String> ends =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              Replica replica = trial.replica(rank, 2);
              synchronized (replicas) {
                replicas.add(replica);
              }
              replica.initialize();
              replica.join(ring, Set.of());
              replica.train(3, QUIET);
              if (rank == 1) {
                replica.leave();
                return "left";
              }
              Map<String, float[]> before = replica.variables();
              assertThatThrownBy(() -> replica.train(1, QUIET))
                  .isInstanceOf(CollectiveException.class)
                  .hasMessageContaining("rank 1");
              TrainedSlots.assertSameBits(replica.variables(), before);
              return "broke";
            });
    replicas.forEach(Replica::close);
    assertThat(ends).containsExactly("broke", "left");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aModelWithoutAnOptimizerRunsAndKeepsItsWeights(int slots) throws Exception {
    TrainedSlots trial = trial("none");
    Map<String, float[]> first = TrainedSlots.without(trial.train(1, 0).get(0), STEPS);
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    Clusters.together(
        slots,
        1,
        (rank, ring) -> {
          try (Replica replica = trial.replica(rank, slots)) {
            replica.initialize();
            replica.join(ring, Set.of());
            replica.train(5, QUIET);
            assertThat(replica.batchesTrained()).isEqualTo(5);
            assertThat(replica.evaluate(QUIET)).isNotEmpty();
            replica.checkpoint(rank == 0 ? checkpoint : directory.resolve("" + rank), Map.of());
            Map<String, float[]> last = replica.variables();
            assertThat(last.get(STEPS)).containsExactly(5);
            TrainedSlots.assertSameBits(TrainedSlots.without(last, STEPS), first);
          }
          return rank;
        });
    assertThat(checkpoint.resolve("metadata.json")).content().contains("\"learning_rates\" : { }");
  }

  @Test
  void aSlotRunsTheUpdatesOfItsLayersInStepsWithExamplesAlone() throws Exception {
    // Passes of 5 records in batches of 2: with 2 slots the last batch of a pass has one record.
    List<Map<String, float[]>> slots =
        new TrainedSlots(
                OptimizersTrial.class,
                directory,
                5,
                Map.of("global_batch_size", 2, "way", "one", "rate", 0.05),
                Map.of())
            .train(2, 6);
    assertThat(slots.get(0).get(STEPS)).containsExactly(6);
    assertThat(slots.get(1).get(STEPS)).containsExactly(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "notApplied | 1 | wrapped optimizer 1 of 2 (Adam) is never applied; call minimize",
        "notApplied | 2 | wrapped optimizer 1 of 2 (Adam) is never applied; call minimize",
        "notInTrainOp | 1 | of wrapped optimizer 2 of 2 (Adam); hand it to EstimatorSpec.train",
        "oneAfterTheOther | 1 | wrapped optimizer 2 of 2 (Adam): its gradient of 'logits/kernel' waits",
        "noneAndOne | 1 | wrapOptimizer(null) says that the model has no optimizer",
        "unwrapped | 2 | on 2 slots: the training op was not built by a wrapped optimizer; pass",
        "unwrappedToo | 2 | ApplyGradientDescent changes variable 'logits/kernel'; pass",
      })
  void aTrainingOpThatWouldNotKeepThePromiseIsRefused(String way, int slots, String message) {
    assertThatThrownBy(() -> TrialCheck.of(trial(way).definition(slots)))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anUnwrappedOptimizerIsFineOnOneSlot() throws Exception {
    TrainedSlots.assertSameBits(
        trial("unwrappedToo").train(1, 3).get(0), trial("one").train(1, 3).get(0));
  }
}
