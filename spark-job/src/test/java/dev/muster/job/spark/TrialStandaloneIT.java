package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.TrialApp.Outcome;
import dev.muster.job.spark.TrialApp.Running;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole runs on a Master that gets its Workers one by one: first none, then one of three slots,
 * then a second one under another host name.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TrialStandaloneIT {
  private static final String THREE_SLOTS = "3";
  private static final List<String> HOSTS = List.of("127.0.0.1", "localhost");

  @TempDir static Path folder;

  private static StandaloneCluster cluster;

  @BeforeAll
  static void startMaster() throws IOException {
    cluster = new StandaloneCluster(folder);
  }

  @AfterAll
  static void stopAll() throws InterruptedException {
    cluster.close();
  }

  /** For a test that runs alone. */
  private static void bothWorkers() throws IOException {
    while (cluster.workers() < HOSTS.size()) {
      cluster.addWorker(HOSTS.get(cluster.workers()), 3);
    }
  }

  private static TrialApp app(String name) throws IOException {
    return new TrialApp(folder, name);
  }

  private static void assertSameAsUndisturbed(Outcome run) throws Exception {
    assertThat(run.exitCode()).as(run::log).isZero();
    Outcome reference = TrialApp.reference();
    assertThat(reference.exitCode()).as(reference::log).isZero();
    assertThat(run.weights()).as(run::log).isEqualTo(reference.weights());
    assertThat(run.result().at("/trials/0/validations"))
        .isEqualTo(reference.result().at("/trials/0/validations"));
    assertThat(run.result().at("/best/metric")).isEqualTo(reference.result().at("/best/metric"));
  }

  @Test
  @Order(1)
  void aRunThatNoExecutorComesForEndsAtTheDeadline() throws Exception {
    Outcome run = app("none").config("resources.wait_for_slots_s", "5").run(cluster.master());

    assertThat(run.exitCode()).as(run::log).isEqualTo(4);
    assertThat(run.log())
        .contains(
            "Cannot begin: 2 of 2 slots missing for 5 s (the limit is 5 s), 0 joined; 0 executors");
    assertThat(run.result().at("/exit_code").asInt()).isEqualTo(4);
  }

  @Test
  @Order(2)
  void aRunThatSlotsAreMissingForGoesOnWhenTheyCome() throws Exception {
    Running run =
        app("waits")
            .config("resources.slots_per_trial", "4")
            .conf("spark.executor.cores", THREE_SLOTS)
            .start(cluster.master());
    run.awaitLine("Waiting for slots: 4 of 4 slots missing for ");
    cluster.addWorker(HOSTS.get(0), 3);
    run.awaitLine("Waiting for slots: 1 of 4 slots missing for ");
    cluster.addWorker(HOSTS.get(1), 3);
    Outcome ended = run.end();

    assertThat(ended.exitCode()).as(ended::log).isZero();
    assertThat(ended.log())
        .containsPattern(
            "Waiting for slots: 4 of 4 slots missing for [23] s \\(the limit is 600 s\\), 0 joined;"
                + " 0 executors with 0 slots in all registered")
        .containsPattern(
            "Waiting for slots: 1 of 4 slots missing for \\d+ s \\(the limit is 600 s\\), 3 joined;"
                + " 1 executor with 3 slots in all registered");
    assertThat(ended.result().at("/trials/0/batches").asInt()).isEqualTo(60);
  }

  @Test
  @Order(3)
  void aRunThatSlotsAreMissingForEndsAtTheDeadline() throws Exception {
    bothWorkers();
    Outcome run =
        app("missing")
            .config("resources.slots_per_trial", "7")
            .config("resources.wait_for_slots_s", "20")
            .conf("spark.executor.cores", THREE_SLOTS)
            .conf("spark.executor.memory", "3g") // two do not fit on a Worker
            .conf("spark.cores.max", "9")
            .run(cluster.master());

    assertThat(run.exitCode()).as(run::log).isEqualTo(4);
    assertThat(run.log())
        .containsPattern(
            "Cannot begin: 1 of 7 slots missing for 2[01] s \\(the limit is 20 s\\), 6"
                + " joined; 2 executors with 6 slots in all registered");
  }

  @Test
  @Order(4)
  void speculationThatAUserForcesOnChangesNothing() throws Exception {
    bothWorkers();
    Outcome run =
        app("speculation")
            .conf("spark.speculation", "true")
            .conf("spark.speculation.interval", "100ms")
            .conf("spark.speculation.task.duration.threshold", "500ms")
            .conf("spark.speculation.minTaskRuntime", "100ms")
            .conf("spark.executor.cores", THREE_SLOTS)
            .conf("spark.cores.max", "6")
            .run(cluster.master());

    assertSameAsUndisturbed(run);
    assertThat(run.spied("copy of leg 1")).as(() -> String.join("\n", run.spied())).isNotEmpty();
    assertThat(run.spied("task of leg 1")).anyMatch(line -> line.endsWith(" host localhost"));
    assertThat(run.spied("task of leg 1")).anyMatch(line -> line.endsWith(" host 127.0.0.1"));
    TrialJobs.assertOnlyLegsAndAggregates(run.spied(), 3);
  }

  @Test
  @Order(5)
  void anExecutorOfThreeSlotsThatIsLostBetweenLegsChangesNothing() throws Exception {
    bothWorkers();
    Outcome run =
        app("lost")
            .config("data.gap", "kill")
            .conf("spark.executor.cores", THREE_SLOTS)
            .conf("spark.cores.max", "6")
            .run(cluster.master());

    assertSameAsUndisturbed(run);
    assertThat(run.spied("removed executor ")).hasSize(1);
    TrialJobs.assertOnlyLegsAndAggregates(run.spied(), 3);
  }

  @Test
  @Order(6)
  void aTrialWhoseExecutorsAreAllLostBetweenLegsBeginsAnewWithoutACheckpoint() throws Exception {
    bothWorkers();
    Outcome run = app("allLost").config("data.gap", "killAll").run(cluster.master());

    assertSameAsUndisturbed(run);
    assertThat(run.log())
        .contains(
            "the trial's executors were lost between two legs, and its state with them; it goes on"
                + " from the beginning");
    assertThat(run.result().at("/trials/0/restarts").asInt()).isEqualTo(1);
  }

  @Test
  @Order(7)
  void aTrialWhoseExecutorsAreAllLostBetweenLegsGoesOnFromItsCheckpoint() throws Exception {
    bothWorkers();
    Outcome run =
        app("allLostSaved")
            .config("data.gap", "killAll2")
            .config("min_checkpoint_period", "{batches: 20}")
            .run(cluster.master());

    assertThat(run.exitCode()).as(run::log).isZero();
    assertThat(run.log())
        .containsPattern(
            "and its state with them; it goes on after 20 batches, from file:\\S+/checkpoints/");
    assertThat(run.result().at("/trials/0/validations"))
        .as("the same bits as undisturbed")
        .isEqualTo(TrialApp.reference().result().at("/trials/0/validations"));
  }

  @Test
  @Order(8)
  void executorsThatHoldAReplicaStayWhileAReducerTakesLongerThanTheIdleTimeout() throws Exception {
    bothWorkers();
    Outcome run =
        app("held")
            .config("data.gap", "pause")
            .conf("spark.dynamicAllocation.enabled", "true")
            .conf("spark.dynamicAllocation.shuffleTracking.enabled", "true")
            .conf("spark.dynamicAllocation.minExecutors", "0")
            .conf("spark.dynamicAllocation.maxExecutors", "2")
            .conf("spark.dynamicAllocation.executorIdleTimeout", "1s")
            .conf("spark.dynamicAllocation.cachedExecutorIdleTimeout", "1s")
            .conf("spark.dynamicAllocation.shuffleTracking.timeout", "1s")
            .run(cluster.master());

    assertSameAsUndisturbed(run);
    assertThat(run.result().at("/trials/0/restarts").asInt()).as(run::log).isZero();
  }

  @Test
  @Order(9)
  void executorsOfDynamicAllocationComeAndFallToTheMinimumAfterTheLegs() throws Exception {
    bothWorkers();
    Outcome run =
        app("dynamic")
            .main(IdleExecutors.class)
            .conf("spark.dynamicAllocation.enabled", "true")
            .conf("spark.dynamicAllocation.shuffleTracking.enabled", "true")
            .conf("spark.dynamicAllocation.minExecutors", "0")
            .conf("spark.dynamicAllocation.maxExecutors", "2")
            .conf("spark.dynamicAllocation.executorIdleTimeout", "4s")
            .conf("spark.dynamicAllocation.cachedExecutorIdleTimeout", "4s")
            .conf("spark.dynamicAllocation.shuffleTracking.timeout", "4s")
            .run(cluster.master());

    assertSameAsUndisturbed(run);
    assertThat(run.spied("added executor ")).hasSizeGreaterThanOrEqualTo(2);
    assertThat(withReplicas(run.spied()))
        .as("what has no replica yet may go when a leg begins, but from then on none")
        .isNotEmpty()
        .noneMatch(line -> line.startsWith("removed executor "));
    assertThat(run.log()).contains("RESULT idle executors 0");
  }

  /** From when both slots of the first leg run to the end of the last leg. */
  private static List<String> withReplicas(List<String> spied) {
    List<String> first = lines(spied, "task of leg 1 .*");
    List<String> ends = lines(spied, "end job \\d+ leg [1-9]\\d*");
    assertThat(first).as(() -> String.join("\n", spied)).hasSizeGreaterThanOrEqualTo(2);
    return spied.subList(
        spied.lastIndexOf(first.get(first.size() - 1)),
        spied.lastIndexOf(ends.get(ends.size() - 1)) + 1);
  }

  private static List<String> lines(List<String> spied, String pattern) {
    return spied.stream().filter(line -> line.matches(pattern)).toList();
  }
}
