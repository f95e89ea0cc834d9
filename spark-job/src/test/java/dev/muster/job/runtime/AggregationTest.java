package dev.muster.job.runtime;

import static dev.muster.job.runtime.Clusters.QUIET;
import static dev.muster.job.runtime.OptimizersTrial.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.collective.CollectiveException;
import dev.muster.trial.TrialException;
import java.io.IOException;
import java.nio.ByteBuffer;
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

class AggregationTest {
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private TrainedSlots trial(String way, int batch, int window) {
    return trial(way, batch, window, true, 0.05, 96);
  }

  private TrainedSlots trial(
      String way, int batch, int window, boolean average, double rate, int records) {
    return new TrainedSlots(
        OptimizersTrial.class,
        directory,
        records,
        Map.of("global_batch_size", batch, "way", way, "rate", rate),
        Map.of("aggregation_frequency", window, "average_aggregated_gradients", average));
  }

  private static Map<String, float[]> weights(List<Map<String, float[]>> slots) {
    slots.forEach(
        slot ->
            TrainedSlots.assertSameBits(
                TrainedSlots.without(slot, STEPS), TrainedSlots.without(slots.get(0), STEPS)));
    return TrainedSlots.without(slots.get(0), STEPS);
  }

  @ParameterizedTest
  @CsvSource({"one,1", "one,2", "one,3", "one,4", "different,1", "different,2", "clipped,2"})
  void aWindowOfSmallBatchesEqualsOneBigBatch(String way, int slots) throws Exception {
    Map<String, float[]> big = weights(trial(way, 48, 1).train(1, 4));
    Map<String, float[]> small = weights(trial(way, 12, 4).train(slots, 16));
    TrainedSlots.assertClose(small, big, 20);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aSumEqualsAMeanWithARateThatManyTimesAsLarge(int slots) throws Exception {
    Map<String, float[]> mean = weights(trial("one", 12, 4, true, 0.2, 96).train(slots, 8));
    Map<String, float[]> sum = weights(trial("one", 12, 4, false, 0.05, 96).train(slots, 8));
    TrainedSlots.assertClose(sum, mean, 5);
  }

  @Test
  void unevenBatchesAndEmptyOnesWeighByTheirExamples() throws Exception {
    // Passes of 5 records: batches of 2, 2 and 1, of which slot 1 has 1, 1 and none.
    Map<String, float[]> big = weights(trial("one", 5, 1, true, 0.05, 5).train(1, 3));
    Map<String, float[]> small = weights(trial("one", 2, 3, true, 0.05, 5).train(2, 9));
    TrainedSlots.assertClose(small, big, 20);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void withinAWindowNothingIsUpdatedButWhatLayersUpdateInEachStep(int slots) throws Exception {
    TrainedSlots trial = trial("different", 12, 4);
    Map<String, float[]> first = weights(trial.train(slots, 0));
    List<Map<String, float[]>> afterThree = trial.train(slots, 3);
    TrainedSlots.assertSameBits(weights(afterThree), first);
    afterThree.forEach(slot -> assertThat(slot.get(STEPS)).containsExactly(3));
    assertThat(weights(trial.train(slots, 4)).get("hidden/kernel"))
        .isNotEqualTo(first.get("hidden/kernel"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void whatWaitsForTheUpdateCanBeFetchedInEachBatch(int slots) throws Exception {
    TrainedSlots.assertSameBits(
        weights(trial("lossBehindUpdate", 12, 3).train(slots, 7)),
        weights(trial("one", 12, 3).train(slots, 7)));
  }

  @Test
  void anUnwrappedOptimizerIsRefusedOnOneSlotToo() {
    assertThatThrownBy(() -> TrialCheck.of(trial("unwrapped", 12, 4).definition(1)))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining(
            "Cannot train with optimizations.aggregation_frequency 4: the training op was not built"
                + " by a wrapped optimizer");
  }

  /** Trains 6 batches, takes a checkpoint, and trains 6 more. */
  private Map<String, float[]> straight(TrainedSlots trial, int slots, Path checkpoint)
      throws Exception {
    return weights(
        Clusters.together(
            slots,
            1,
            (rank, ring) -> {
              try (Replica replica = trial.replica(rank, slots)) {
                replica.initialize();
                replica.join(ring, Set.of());
                replica.train(6, QUIET);
                replica.checkpoint(checkpoint, Map.of());
                replica.train(6, QUIET);
                return replica.variables();
              }
            }));
  }

  private Map<String, float[]> resumed(TrainedSlots trial, int slots, Path checkpoint)
      throws Exception {
    Set<Integer> all =
        Set.of(0, 1, 2, 3).stream()
            .filter(r -> r < slots)
            .collect(java.util.stream.Collectors.toSet());
    return weights(
        Clusters.together(
            slots,
            2,
            (rank, ring) -> {
              try (Replica replica = trial.replica(rank, slots)) {
                replica.restore(checkpoint);
                replica.join(ring, all);
                replica.train(6, QUIET);
                return replica.variables();
              }
            }));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aResumeWithinAWindowIsNoInterruption(int slots) throws Exception {
    TrainedSlots trial = trial("different", 12, 4);
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    Map<String, float[]> straight = straight(trial, slots, checkpoint);
    assertThat(checkpoint.resolve("state/gradients-" + (slots - 1) + ".bin")).exists();
    TrainedSlots.assertSameBits(resumed(trial, slots, checkpoint), straight);
  }

  @ParameterizedTest
  @CsvSource({"2,1", "1,2", "3,2"})
  void anotherNumberOfSlotsTakesTheSumsOver(int before, int after) throws Exception {
    TrainedSlots trial = trial("different", 12, 4);
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    Map<String, float[]> straight = straight(trial, before, checkpoint);
    TrainedSlots.assertClose(resumed(trial, after, checkpoint), straight, 20);
  }

  @Test
  void aCheckpointBetweenWindowsHasNoSums() throws Exception {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    straight(trial("one", 12, 3), 1, checkpoint);
    assertThat(PartialSums.areIn(checkpoint)).isFalse();
  }

  @Test
  void sumsOfAnotherModelAreRefused() throws Exception {
    PartialSums.write(directory, 0, ByteBuffer.allocateDirect(12));
    assertThatThrownBy(() -> PartialSums.read(directory, 0, 2, 16))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected the sums of 4 gradients, found 3 gradients");
  }

  /** Asks to stop, or not, from a step on. */
  private static StepListener stoppingAt(long step) {
    return new StepListener() {
      private long at;

      @Override
      public void at(long now, String phase) {
        at = now;
      }

      @Override
      public boolean stopRequested() {
        return at >= step;
      }
    };
  }

  @Test
  void aStopRequestWithinAWindowReachesAllSlotsAtTheSameStep() throws Exception {
    TrainedSlots trial = trial("one", 12, 4);
    List<List<Boolean>> stops =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              try (Replica replica = trial.replica(rank, 2)) {
                replica.initialize();
                replica.join(ring, Set.of());
                List<Boolean> seen = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                  seen.add(replica.train(1, rank == 1 ? stoppingAt(1) : QUIET).stop());
                }
                return seen;
              }
            });
    assertThat(stops).containsOnly(List.of(false, true, true));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aBrokenStepChangesNothingWithinAWindowAndAtItsEnd(int batches) throws Exception {
    TrainedSlots trial = trial("different", 12, 4);
    Path before = Files.createDirectories(directory.resolve("before"));
    Path after = Files.createDirectories(directory.resolve("after"));
    Clusters.together(
        2,
        1,
        (rank, ring) -> {
          try (Replica replica = trial.replica(rank, 2)) {
            replica.initialize();
            replica.join(ring, Set.of());
            replica.train(batches, QUIET);
            replica.checkpoint(before, Map.of());
            if (rank == 1) {
              replica.leave();
              return rank;
            }
            Map<String, float[]> variables = replica.variables();
            assertThatThrownBy(() -> replica.train(1, QUIET))
                .isInstanceOf(CollectiveException.class);
            TrainedSlots.assertSameBits(replica.variables(), variables);
            replica.leave(); // a checkpoint of one slot alone
            replica.checkpoint(after, Map.of());
            return rank;
          }
        });
    assertThat(after.resolve("state/gradients-0.bin"))
        .hasSameBinaryContentAs(before.resolve("state/gradients-0.bin"));
  }
}
