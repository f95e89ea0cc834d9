package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.cluster.YarnApplications.Report;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The job jar as users have it: real spark-submit, real YARN, results on real HDFS. */
class SubmitIT {
  private static final Path WORK = Path.of("target/it/submit").toAbsolutePath();
  private static final Pattern EXECUTOR_ID = Pattern.compile("--executor-id (\\d+)");

  private static @Nullable TestCluster running;
  private static @Nullable JobOnYarn digits;
  private static @Nullable JobOnYarn faulty;

  @BeforeAll
  static void startCluster() throws Exception {
    Path sparkHome = Scripts.sparkDistribution(); // where there is none, skip before the cluster
    Path jobJar = JobJars.job();
    Files.createDirectories(WORK);
    Files.deleteIfExists(WORK.resolve("facts.txt"));
    TestCluster cluster = TestCluster.yarn(WORK.resolve("cluster"));
    running = cluster;
    Path digitsJar = JobJars.digits(WORK);
    digits = new JobOnYarn(cluster, WORK, sparkHome, jobJar, digitsJar);
    faulty = digits.withUserJar(TestJar.write(WORK.resolve("faulty.jar"), FaultyTrial.class));
  }

  @AfterAll
  static void stopCluster() {
    if (running != null) {
      running.close();
      ProcessTable.awaitNone(WORK.resolve("cluster").toString(), Duration.ofSeconds(10));
    }
  }

  @Test
  void clientModeLeavesAWholeCheckpointThatPythonReadsTheSame() throws Exception {
    Submission.Result result =
        digits()
            .with(submit -> submit.option("--queue", "training"))
            .with(submit -> submit.conf("spark.yarn.tags", "nightly,digits"))
            .run("client", "client", digitsYaml(2));

    assertThat(result.exitCode()).as(result.output()).isZero();
    Report report = endOf(result.applicationId().orElseThrow());
    assertThat(report.finalStatus()).isEqualTo("SUCCEEDED");
    assertThat(report.queue()).endsWith("training");
    assertThat(report.tags()).containsExactly("digits", "nightly");
    assertThat(result.output())
        .contains("rank 0 runs on host localhost, executor ")
        .contains("state        COMPLETED");
    String uuid = assertComplete("client", report.id());
    Path local = WORK.resolve("client").resolve("checkpoint");
    try (CommittedCheckpoint checkpoint = digits().experiment("client").checkpoint(uuid)) {
      checkpoint.fetch(local);
    }
    digits().fact("%s", new SavedModelComparison(local).inJavaAndPython());
  }

  @Test
  void clusterModeSucceedsInOneAttempt() throws Exception {
    Submission.Result result = digits().run("cluster", "cluster", digitsYaml(1));

    assertThat(result.exitCode()).as(result.output()).isZero();
    Report report = endOf(result.applicationId().orElseThrow());
    assertThat(report.state()).isEqualTo("FINISHED");
    assertThat(report.finalStatus()).isEqualTo("SUCCEEDED");
    assertThat(report.attempts()).isEqualTo(1);
    assertThat(driverLog(report.id()).lines().dropWhile(line -> !line.startsWith("application ")))
        .startsWith(
            "application " + report.id() + " on yarn",
            "the driver's log: yarn logs -applicationId " + report.id() + " -am 1",
            "experiment " + digits().experiment("cluster").directory());
    assertComplete("cluster", report.id());
  }

  @Test
  void wrongConfigurationInClusterModeEndsBothAttemptsBeforeAnExecutorStarts() throws Exception {
    Submission.Result result =
        faulty().run("cluster", "wrong", faultyYaml(100, "{}") + "no_such_key: 1\n");

    Report report = endOf(result.applicationId().orElseThrow());
    assertThat(report.finalStatus()).isEqualTo("FAILED");
    assertThat(applications().allLogs(report.id()))
        .containsPattern("(?s)(User application exited with status 2.*){2}");
    assertThat(applications().allLogs(report.id())).contains("no_such_key");
    assertThat(executorContainers(report.id())).isEmpty();
    say("cluster mode, code 2", result.exitCode(), report);
  }

  @Test
  void nanLossInClusterModeIsTrainedOnce() throws Exception {
    Submission.Result result = faulty().run("cluster", "nan", faultyYaml(100, "{fault: nan}"));

    Report report = endOf(result.applicationId().orElseThrow());
    assertThat(report.finalStatus()).isEqualTo("FAILED");
    assertThat(applications().allLogs(report.id()))
        .containsPattern("(?s)(User application exited with status 3.*){2}");
    assertThat(executorContainers(report.id()))
        .as("executors of the second attempt")
        .noneMatch(name -> name.matches("container_\\d+_\\d+_02_.*"));
    assertThat(applications().allLogs(report.id()))
        .contains("has ended with exit code 3 in an earlier attempt of this application");
    JsonNode stored = faulty().experiment("nan").result();
    assertThat(stored.path("state").asText()).isEqualTo("FAILED");
    assertThat(stored.path("exit_code").asInt()).isEqualTo(3);
    JsonNode failure = stored.path("trials").path(0).path("failure");
    assertThat(failure.path("message").asText()).contains("NaN");
    assertThat(failure.path("executor").asText()).isNotEmpty();
    assertThat(faulty().experiment("nan").visibleCheckpoints()).isEmpty();
    say("cluster mode, code 3", result.exitCode(), report);
    faulty().fact("cluster mode, code 3: %s", failure);
  }

  @Test
  void stopRequestInClusterModeTakesACheckpointAndSucceeds() throws Exception {
    try (Submission submission = faulty().start("cluster", "stop", faultyYaml(1_000_000, "{}"))) {
      String id = JobOnYarn.awaitApplicationId(submission);
      Awaitility.await("training")
          .atMost(JobOnYarn.DEADLINE)
          .until(() -> driverLog(id).contains("of 1,000,000 batches"));
      StoredExperiment experiment = faulty().experiment("stop");
      noteMemory(ProcessTable.jvms(id));

      Submission.Result stop = faulty().command("stop", "stop", experiment.directory());
      final long start = System.nanoTime();

      assertThat(stop.exitCode()).as(stop.output()).isZero();
      Submission.Result result = submission.await(Duration.ofMinutes(3));
      faulty().fact("stop: ended %.1f s after the request", secondsSince(start));
      Report report = endOf(id);
      assertThat(report.finalStatus()).isEqualTo("SUCCEEDED");
      assertThat(report.attempts()).isEqualTo(1);
      JsonNode stored = experiment.result();
      assertThat(stored.path("state").asText()).isEqualTo("STOPPED");
      assertThat(stored.path("exit_code").asInt()).isEqualTo(5);
      long batches = stored.path("trials").path(0).path("batches").asLong();
      JsonNode saved = stored.path("trials").path(0).path("checkpoints");
      assertThat(saved.path(saved.size() - 1).path("batches").asLong())
          .as("batches of the last checkpoint")
          .isEqualTo(batches);
      assertThat(experiment.verifiedCheckpoints()).hasSize(saved.size());
      say("cluster mode, code 5", result.exitCode(), report);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KILL", "STOP"})
  void lostExecutorEndsTheRunWithItsName(String signal) throws Exception {
    String name = signal.equals("KILL") ? "killed" : "frozen";
    try (Submission submission = faulty().start("client", name, faultyYaml(1_000_000, "{}"))) {
      String id = JobOnYarn.awaitApplicationId(submission);
      JobOnYarn.awaitText(submission, "trial 1: checkpoint after ");
      List<ProcessTable.Jvm> executors = ProcessTable.executors(id);
      assertThat(executors).hasSize(2);
      noteMemory(executors);
      ProcessTable.Jvm victim = executors.get(1);
      if (signal.equals("KILL")) {
        ProcessTable.kill(victim.pid());
      } else {
        ProcessTable.freeze(victim.pid());
      }
      final long start = System.nanoTime();

      JobOnYarn.awaitText(submission, "muster: Cannot train trial 1: ");
      final double told = secondsSince(start);
      Submission.Result result = submission.await(Duration.ofMinutes(3));
      double ended = secondsSince(start);

      String message =
          result.output().lines().filter(line -> line.startsWith("muster: ")).findFirst().get();
      faulty().fact("%s: told after %.1f s, ended after %.1f s: %s", name, told, ended, message);
      assertThat(result.exitCode()).isEqualTo(4);
      assertThat(message)
          .matches(
              "muster: Cannot train trial 1: rank [01] on host localhost, executor %s, failed at step \\d+ in phase '[a-z ]+': .*"
                  .formatted(executorId(victim)));
      assertThat(message)
          .contains(signal.equals("KILL") ? "its executor was lost" : "no sign of life for");
      assertThat(ended).isLessThan(signal.equals("KILL") ? 5 : 10);
      assertThat(result.output()).doesNotContain("Cannot handle a report");
      assertFailed(faulty().experiment(name), executorId(victim));
      ProcessTable.awaitNone(id, Duration.ofSeconds(60));
      faulty().fact("%s: no process left %.1f s after the signal", name, secondsSince(start));
      assertThat(endOf(id).state()).isEqualTo("FINISHED");
    }
  }

  @Test
  void killedDriverInACheckpointLeavesNoHalfCheckpointAndNoProcess() throws Exception {
    Path marker = WORK.resolve("driver").resolve("in-checkpoint");
    Files.deleteIfExists(marker);
    String data = "{fault: checkpoint, marker: '" + marker + "'}";
    try (Submission submission = faulty().start("client", "driver", faultyYaml(1_000_000, data))) {
      String id = JobOnYarn.awaitApplicationId(submission);
      Awaitility.await("the second checkpoint")
          .atMost(JobOnYarn.DEADLINE)
          .until(() -> Files.exists(marker));
      JobOnYarn.awaitText(submission, "trial 1: checkpoint after "); // the first is committed
      StoredExperiment experiment = faulty().experiment("driver");
      assertThat(experiment.visibleCheckpoints()).hasSize(1);

      ProcessTable.kill(submission.process().pid());
      final long start = System.nanoTime();

      ProcessTable.awaitNone(id, Duration.ofMinutes(3));
      faulty().fact("driver killed: no process left after %.1f s", secondsSince(start));
      assertThat(submission.await(Duration.ofSeconds(10)).exitCode()).isEqualTo(137);
      assertThat(experiment.verifiedCheckpoints()).hasSize(1);
      assertThat(endOf(id).attempts()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hdfs://127.0.0.1:9/experiments", "file:///proc/experiments"})
  void unusableStorageEndsBeforeAnExecutorStarts(String storage) throws Exception {
    String name = storage.startsWith("hdfs") ? "unreachable" : "readonly";
    String yaml = faultyYaml(100, "{}").replaceAll("path: \\S+", "path: " + storage);
    final long start = System.nanoTime();
    Submission.Result result = faulty().run("client", name, yaml);

    String message =
        result.output().lines().filter(line -> line.startsWith("muster: ")).findFirst().orElse("");
    faulty()
        .fact(
            "%s: code %d after %.1f s: %s", name, result.exitCode(), secondsSince(start), message);
    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(message).startsWith("muster: Cannot ").contains(storage.replace("///", "/"));
    assertThat(result.applicationId()).isEmpty();
  }

  /** What every completed run leaves; the UUID of its best checkpoint. */
  private static String assertComplete(String name, String applicationId) throws Exception {
    StoredExperiment experiment = digits().experiment(name);
    JsonNode result = experiment.result();
    assertThat(result.path("state").asText()).isEqualTo("COMPLETED");
    assertThat(result.path("exit_code").asInt(-1)).isZero();
    assertThat(result.path("spark_application_id").asText()).isEqualTo(applicationId);
    List<String> uuids = experiment.verifiedCheckpoints();
    assertThat(uuids)
        .isNotEmpty()
        .hasSize(result.path("trials").path(0).path("checkpoints").size());
    String best = result.path("best").path("checkpoint").asText();
    String uuid = best.substring(best.lastIndexOf('/') + 1);
    assertThat(uuids).contains(uuid);
    try (CommittedCheckpoint checkpoint = experiment.checkpoint(uuid)) {
      long step = result.path("best").path("batches").asLong();
      String jar = digits().userJar().getFileName().toString();
      assertThat(checkpoint.manifest().files().keySet())
          .containsExactlyInAnyOrder(
              "digits/" + step + "/saved_model.pb",
              "digits/" + step + "/variables/variables.data-00000-of-00001",
              "digits/" + step + "/variables/variables.index",
              "experiment.yaml",
              "graph/predict.pb",
              "graph/train.pb",
              "metadata.json",
              "metadata.txt",
              "model_definition/" + jar,
              "model_definition/model.json",
              "state/data.json",
              "state/sequencer.json",
              "state/slot-0.json",
              "state/slot-1.json",
              "variables/variables.data-00000-of-00001",
              "variables/variables.index");
      assertThat(new String(checkpoint.read("metadata.txt"), StandardCharsets.UTF_8))
          .isEqualTo("my_metadata");
      assertThat(sha256(checkpoint.read("model_definition/" + jar)))
          .isEqualTo(sha256(Files.readAllBytes(digits().userJar())))
          .isEqualTo(json(checkpoint.read("model_definition/model.json")).path("sha256").asText());
    }
    digits().fact("%s: %s", name, result.path("best"));
    return uuid;
  }

  private static void assertFailed(StoredExperiment experiment, String executor) throws Exception {
    JsonNode result = experiment.result();
    assertThat(result.path("state").asText()).isEqualTo("FAILED");
    assertThat(result.path("exit_code").asInt()).isEqualTo(4);
    JsonNode trial = result.path("trials").path(0);
    JsonNode failure = trial.path("failure");
    assertThat(failure.path("executor").asText()).isEqualTo(executor);
    assertThat(failure.path("host").asText()).isEqualTo("localhost");
    assertThat(failure.path("rank").asInt(-1)).isBetween(0, 1);
    assertThat(failure.path("step").asLong()).isPositive();
    assertThat(experiment.verifiedCheckpoints()).hasSize(trial.path("checkpoints").size());
  }

  private static String digitsYaml(int epochs) {
    return DigitsExperiment.yaml(cluster().defaultFs(), epochs, 1);
  }

  private static String faultyYaml(int batches, String data) {
    return """
        name: faulty
        entrypoint: dev.muster.job.cluster.FaultyTrial
        data: %s
        hyperparameters: {global_batch_size: 8}
        searcher: {name: single, metric: accuracy, smaller_is_better: false, max_length: {batches: %d}}
        min_checkpoint_period: {batches: 500}
        checkpoint_storage:
          path: %s/experiments
        resources: {slots_per_trial: 2}
        """
        .formatted(data, batches, cluster().defaultFs());
  }

  private static void say(String what, int exitCode, Report report) throws IOException {
    faulty()
        .fact(
            "%s: spark-submit returned %d, YARN says %s/%s after %d attempt(s): %s",
            what,
            exitCode,
            report.state(),
            report.finalStatus(),
            report.attempts(),
            report.diagnostics().lines().findFirst().orElse(""));
  }

  /** The largest resident set of each process so far. */
  private static void noteMemory(List<ProcessTable.Jvm> jvms) throws IOException {
    for (ProcessTable.Jvm jvm : jvms) {
      for (String line : Files.readAllLines(Path.of("/proc/" + jvm.pid() + "/status"))) {
        if (line.startsWith("VmHWM") || line.startsWith("RssAnon")) {
          faulty().fact("%s: %s", executorId(jvm), line);
        }
      }
    }
  }

  private static String executorId(ProcessTable.Jvm executor) {
    Matcher id = EXECUTOR_ID.matcher(executor.commandLine());
    return id.find() ? id.group(1) : "driver";
  }

  /** Containers that are no application master's. */
  private static List<String> executorContainers(String applicationId) {
    return applications().containerLogs(applicationId).keySet().stream()
        .map(file -> file.substring(0, file.indexOf('/')))
        .filter(name -> !name.endsWith("_000001"))
        .distinct()
        .toList();
  }

  private static String driverLog(String applicationId) {
    return applications().containerLogs(applicationId).entrySet().stream()
        .filter(log -> log.getKey().endsWith("_01_000001/stdout"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }

  private static JsonNode json(byte[] bytes) throws IOException {
    return new ObjectMapper().readTree(bytes);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static double secondsSince(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private static Report endOf(String applicationId) {
    return applications().awaitEnd(applicationId, Duration.ofMinutes(3));
  }

  private static YarnApplications applications() {
    return cluster().applications();
  }

  private static TestCluster cluster() {
    return Objects.requireNonNull(running, "the cluster was not started");
  }

  private static JobOnYarn digits() {
    return Objects.requireNonNull(digits, "the cluster was not started");
  }

  private static JobOnYarn faulty() {
    return Objects.requireNonNull(faulty, "the cluster was not started");
  }
}
