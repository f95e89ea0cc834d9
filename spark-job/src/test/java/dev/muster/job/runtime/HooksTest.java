package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.collective.Collective;
import dev.muster.trial.TrialException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which hook is called when, in what order, and what its failure does. */
class HooksTest {
  private static final List<String> RUN_HOOKS =
      List.of("first", "second", "eval", "trainSpec", "evalSpec");

  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static TrialDefinition definition(String tag, int slots, Map<String, Object> more) {
    Map<String, Object> hparams = new HashMap<>(Map.of("global_batch_size", 8, "tag", tag));
    hparams.put("eval_steps", 2);
    hparams.putAll(more);
    return new TrialDefinition(
        "e", 1, 3, HookedTrial.class.getName(), Map.of("hyperparameters", hparams), slots);
  }

  private SlotData data(int rank, int slots) {
    return Clusters.data(directory, 32, rank, slots);
  }

  private Replica replica(TrialDefinition definition, int rank) {
    return Replica.build(
        definition, rank, new ReplicaSettings(1, directory), data(rank, definition.slots()));
  }

  /** The calls of one method of several hooks, in order. */
  private static List<String> calls(String method, String... hooks) {
    return Stream.of(hooks).map(hook -> hook + "." + method).toList();
  }

  @SafeVarargs
  private static List<String> all(List<String>... calls) {
    List<String> all = new ArrayList<>();
    Stream.of(calls).forEach(all::addAll);
    return all;
  }

  @Test
  void valueThatNeedsABatchIsRefusedBetweenBatches() {
    try (Replica replica = replica(definition("read", 1, Map.of("read", "y")), 0)) {
      replica.initialize();
      assertThatThrownBy(() -> replica.join(Collective.single(), Set.of()))
          .isInstanceOf(TrialException.class)
          .hasMessageContaining("Cannot read 'y:0' without a batch: ")
          .hasMessageContaining("; fetch it with a batch, in beforeRun");
    }
  }

  @Test
  void callsComeInTheOrderOfTheListsAroundEachBatch() throws Exception {
    String[] training = {"first", "second", "trainSpec"};
    String[] validation = {"eval", "evalSpec"};
    String[] ofRun = RUN_HOOKS.toArray(new String[0]);
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    try (Replica replica = replica(definition("order", 1, Map.of()), 0)) {
      replica.initialize();
      replica.join(Collective.single(), Set.of());
      replica.train(2, Clusters.QUIET);
      replica.evaluate(Clusters.QUIET);
      replica.checkpoint(checkpoint, Map.of());
      replica.leave();
      replica.join(Collective.single(), Set.of(0));
      replica.train(1, Clusters.QUIET);
      replica.end();
    }
    assertThat(HookedTrial.calls("order", 0))
        .containsExactlyElementsOf(
            all(
                calls("begin", training),
                calls("afterCreateSession 0", training),
                calls("beforeRun 0", training),
                calls("afterRun 0 8 1", training),
                calls("beforeRun 1", training),
                calls("afterRun 1 8 2", training),
                calls("begin", validation),
                calls("afterCreateSession 2", validation),
                calls("beforeRun 0", validation),
                calls("afterRun 0 8 2", validation),
                calls("beforeRun 1", validation),
                calls("afterRun 1 8 2", validation), // steps(2) of 4 batches
                calls("end 2", validation),
                calls("onCheckpointEnd", ofRun),
                calls("saveState", ofRun),
                calls("beforeRun 2", training),
                calls("afterRun 2 8 3", training),
                calls("end 3", training),
                calls("onTrialClose", ofRun)));
  }

  @Test
  void hooksFindTheirFilesAndStatesAgainBeforeTheWeightsAreThere() throws Exception {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    List<Integer> ranks =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              try (Replica replica = replica(definition("saved", 2, Map.of()), rank)) {
                replica.initialize();
                replica.join(ring, Set.of());
                replica.train(3, Clusters.QUIET);
                replica.checkpoint(checkpoint, Map.of());
                return rank;
              }
            });
    assertThat(ranks).containsExactly(0, 1);
    for (int rank = 0; rank < 2; rank++) {
      TrialDefinition definition = definition("loaded", 2, Map.of());
      Replica.resume(definition, rank, new ReplicaSettings(1, directory), data(rank, 2), checkpoint)
          .close();
      List<String> expected = new ArrayList<>(calls("begin", "first", "second", "trainSpec"));
      for (String hook : RUN_HOOKS) {
        expected.add(hook + ".onCheckpointLoad");
        // the chief alone was told of the checkpoint's end
        expected.add(hook + ".loadState " + hook + " " + rank + " " + (rank == 0 ? 1 : 0));
      }
      expected.addAll(calls("onTrialClose", RUN_HOOKS.toArray(new String[0])));
      assertThat(HookedTrial.calls("loaded", rank)).containsExactlyElementsOf(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "first, begin, Cannot train",
    "trainSpec, begin, Cannot train",
    "second, afterCreateSession, Cannot train",
    "first, beforeRun, Cannot train",
    "trainSpec, afterRun, Cannot train",
    "second, end, Cannot train",
    "eval, begin, Cannot validate",
    "evalSpec, afterCreateSession, Cannot validate",
    "eval, beforeRun, Cannot validate",
    "evalSpec, afterRun, Cannot validate",
    "eval, end, Cannot validate",
    "first, onCheckpointEnd, Cannot write the checkpoint",
    "evalSpec, saveState, Cannot write the checkpoint",
  })
  void hookThatFailsFailsTheTrialAndAllAreClosed(String hook, String method, String act) {
    String tag = "fail " + hook + "." + method;
    TrialDefinition definition =
        definition(tag, 1, Map.of("fail_hook", hook, "fail_method", method));
    assertThatThrownBy(
            () -> {
              try (Replica replica = replica(definition, 0)) {
                replica.initialize();
                replica.join(Collective.single(), Set.of());
                replica.train(1, Clusters.QUIET);
                replica.evaluate(Clusters.QUIET);
                replica.checkpoint(
                    Files.createDirectories(directory.resolve("checkpoint")), Map.of());
                replica.end();
              }
            })
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith(
            act
                + ": hook "
                + HookedTrial.Noting.class.getName()
                + "."
                + method
                + " threw java.lang.IllegalStateException: asked to fail (at ");
    List<String> calls = HookedTrial.calls(tag, 0);
    // hooks of a specification exist once their graph was built
    String[] closed =
        method.equals("begin") && act.equals("Cannot train")
            ? new String[] {"first", "second", "eval", "trainSpec"}
            : RUN_HOOKS.toArray(new String[0]);
    assertThat(calls).endsWith(calls("onTrialClose", closed).toArray(new String[0]));
    assertThat(calls.stream().filter(call -> call.startsWith(hook + "." + method))).hasSize(1);
    if (!method.equals("end")) {
      assertThat(calls.stream().filter(call -> call.startsWith("first.end"))).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"onCheckpointLoad", "loadState"})
  void hookThatFailsToLoadFailsTheResume(String method) throws Exception {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    try (Replica replica = replica(definition("before " + method, 1, Map.of()), 0)) {
      replica.initialize();
      replica.join(Collective.single(), Set.of());
      replica.checkpoint(checkpoint, Map.of());
    }
    TrialDefinition failing =
        definition("at " + method, 1, Map.of("fail_hook", "second", "fail_method", method));
    assertThatThrownBy(
            () ->
                Replica.resume(
                    failing, 0, new ReplicaSettings(1, directory), data(0, 1), checkpoint))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("Cannot restore the checkpoint: hook ")
        .hasMessageContaining("." + method + " threw");
    assertThat(HookedTrial.calls("at " + method, 0))
        .endsWith(calls("onTrialClose", RUN_HOOKS.toArray(new String[0])).toArray(new String[0]));
  }

  @Test
  void closeOfOneHookThatFailsLetsTheOthersClose() {
    TrialDefinition definition =
        definition("close", 1, Map.of("fail_hook", "first", "fail_method", "onTrialClose"));
    Replica replica = replica(definition, 0);
    replica.close();
    replica.close();
    assertThat(HookedTrial.calls("close", 0))
        .containsExactlyElementsOf(
            all(
                calls("begin", "first", "second", "trainSpec"),
                calls("onTrialClose", RUN_HOOKS.toArray(new String[0]))));
  }

  @Test
  void allSlotsStopAfterTheSameWorkloadThoughOneAsksAfterItsLastBatch() throws Exception {
    List<List<Boolean>> stops =
        Clusters.together(
            3,
            1,
            (rank, ring) -> {
              TrialDefinition definition = definition("stop", 3, Map.of("stop_rank", 1));
              try (Replica replica = replica(definition, rank)) {
                replica.initialize();
                replica.join(ring, Set.of());
                List<Boolean> stop = new ArrayList<>();
                stop.add(replica.train(2, Clusters.QUIET).stop()); // batches 0 and 1
                stop.add(replica.agreeToStop(Clusters.QUIET));
                stop.add(replica.train(2, Clusters.QUIET).stop()); // rank 1 asks after batch 3
                stop.add(replica.agreeToStop(Clusters.QUIET));
                stop.add(replica.stopRequested());
                return stop;
              }
            });
    assertThat(stops).containsOnly(List.of(false, false, true, true, true));
  }

  @Test
  void hooksHandValuesToEachOtherBetweenTheSteps() throws Exception {
    Clusters.together(
        3,
        1,
        (rank, ring) -> {
          TrialDefinition definition = definition("gather", 3, Map.of("gather", true));
          try (Replica replica = replica(definition, rank)) {
            replica.initialize();
            replica.join(ring, Set.of());
            return replica.train(2, Clusters.QUIET).batches();
          }
        });
    for (int rank = 0; rank < 3; rank++) {
      assertThat(HookedTrial.calls("gather", rank))
          .filteredOn(call -> call.startsWith("gathered"))
          .containsExactly(
              "gathered [0, 10, 20]",
              "gathered [0, 10, 20]",
              "gathered [0, 10, 20]",
              "gathered [1, 11, 21]",
              "gathered [1, 11, 21]",
              "gathered [1, 11, 21]");
    }
  }
}
