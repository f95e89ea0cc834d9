package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.YarnApplications.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * YARN as people have it: two host names, nodes whose default Java is 11, queues, aggregated logs,
 * dynamic allocation.
 */
@Tag("full")
class YarnIT {
  private static final Path WORK = Path.of("target/it/yarn").toAbsolutePath();

  /** Two executors, one on each node of 8192 MB. */
  private static final String WIDE_OVERHEAD = "4608m";

  private static final Pattern CONTAINER = Pattern.compile("(?m)^Container: container_\\S+");

  private static @Nullable TestCluster running;
  private static @Nullable JobOnYarn plain;

  @BeforeAll
  static void startCluster() throws Exception {
    Path sparkHome = Scripts.sparkDistribution();
    Path oldJava = Scripts.oldJava();
    Path jobJar = JobJars.job();
    Files.createDirectories(WORK);
    TestCluster cluster =
        TestCluster.yarnWith(
            WORK.resolve("cluster"),
            "--nodes",
            "2",
            "--log-aggregation",
            "--node-java",
            oldJava.toString());
    running = cluster;
    plain = new JobOnYarn(cluster, WORK, sparkHome, jobJar, JobJars.digits(WORK));
  }

  @AfterAll
  static void stopCluster() {
    if (running != null) {
      running.close();
      ProcessTable.awaitNone(WORK.resolve("cluster").toString(), Duration.ofSeconds(10));
    }
  }

  @ParameterizedTest
  @CsvSource({"3.5.5,client", "3.5.5,cluster", "4.1.1,client", "4.1.1,cluster"})
  void digitsTrainsOnTwoHostsOfAQueue(String version, String mode) throws Exception {
    String name = mode + "-" + version.replace('.', '-');
    final long start = System.nanoTime();
    Submission.Result result =
        onSpark(version)
            .with(YarnIT::javaOnEveryNode)
            .with(submit -> submit.conf("spark.executor.memoryOverhead", WIDE_OVERHEAD))
            .with(submit -> submit.option("--queue", "training"))
            .with(submit -> submit.conf("spark.yarn.tags", "nightly,digits"))
            .run(mode, name, digitsYaml(2));

    assertThat(result.exitCode()).as(result.output()).isZero();
    Report report = endOf(result);
    assertThat(report.finalStatus()).isEqualTo("SUCCEEDED");
    assertThat(report.queue()).endsWith("training");
    assertThat(report.tags()).containsExactly("digits", "nightly");
    String logs = logsOf(report.id());
    String driver = mode.equals("client") ? result.output() : logs;
    assertThat(driver)
        .contains("all logs, after the end: yarn logs -applicationId " + report.id())
        .containsPattern("rank \\d runs on host localhost, executor ")
        .containsPattern("rank \\d runs on host 127\\.0\\.0\\.2, executor ");
    assertThat(logs).as("an executor's log").contains("CoarseGrainedExecutorBackend");
    ClusterTable.row("yarn", mode, version, false, "a queue, aggregated logs")
        .hosts(driver)
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(plain().experiment(name));
  }

  @ParameterizedTest
  @CsvSource({"3.5.5,client", "4.1.1,cluster"})
  void idleExecutorsGoBackWhileTheSlotsStay(String version, String mode) throws Exception {
    String name = "dynamic-" + mode;
    final long start = System.nanoTime();
    JobOnYarn dynamic =
        onSpark(version)
            .with(YarnIT::javaOnEveryNode)
            .with(submit -> submit.conf("spark.dynamicAllocation.enabled", "true"))
            .with(submit -> submit.conf("spark.dynamicAllocation.initialExecutors", "4"))
            .with(submit -> submit.conf("spark.dynamicAllocation.executorIdleTimeout", "3s"))
            .with(submit -> submit.conf("spark.dynamicAllocation.cachedExecutorIdleTimeout", "3s"))
            .with(submit -> submit.conf("spark.dynamicAllocation.shuffleTracking.timeout", "3s"));
    try (Submission submission = dynamic.start(mode, name, digitsYaml(150))) {
      String id = JobOnYarn.awaitApplicationId(submission);
      awaitContainers(id, 5); // the application master or driver, and four executors
      awaitContainers(id, 3);

      Submission.Result result = submission.await(JobOnYarn.DEADLINE);

      assertThat(result.exitCode()).as(result.output()).isZero();
      assertThat(endOf(result).finalStatus()).isEqualTo("SUCCEEDED");
      String driver = mode.equals("client") ? result.output() : logsOf(id);
      ClusterTable.row("yarn", mode, version, true, "two of four executors went back")
          .hosts(driver)
          .jarsSent()
          .took(Duration.ofNanos(System.nanoTime() - start))
          .readBack(plain().experiment(name));
    }
  }

  @Test
  void aJdkByArchivesRunsOnNodesWithAnOlderOne() throws Exception {
    String home = "./jdk/" + Path.of(System.getProperty("java.home")).getFileName();
    Path archive = jdkArchive();
    final long start = System.nanoTime();
    Submission.Result result =
        plain()
            .with(submit -> submit.option("--archives", archive + "#jdk"))
            .with(javaHome(home))
            .run("cluster", "archive", digitsYaml(2));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(endOf(result).finalStatus()).isEqualTo("SUCCEEDED");
    String logs = logsOf(result.applicationId().orElseThrow());
    ClusterTable.row("yarn", "cluster", "3.5.5", false, "nodes on Java 11, a JDK 17 by --archives")
        .hosts(logs)
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(plain().experiment("archive"));
  }

  @Test
  void filesOfAnArchiveAreThereForTheUsersCode() throws Exception {
    Path folder = Files.createDirectories(WORK.resolve("words"));
    Files.writeString(folder.resolve("vocabulary.txt"), "zero\none\n");
    Path archive = WORK.resolve("words.tar");
    command("tar", "-C", folder.toString(), "-cf", archive.toString(), "vocabulary.txt");
    JobOnYarn faulty =
        plain().withUserJar(TestJar.write(WORK.resolve("faulty.jar"), FaultyTrial.class));
    Submission.Result result =
        faulty
            .with(YarnIT::javaOnEveryNode)
            .with(submit -> submit.option("--archives", archive + "#words"))
            .run("client", "words", wordsYaml());

    assertThat(result.exitCode()).as(result.output()).isZero();
    StoredExperiment experiment = faulty.experiment("words");
    assertThat(experiment.verifiedCheckpoints()).isNotEmpty();
    assertThat(experiment.listing()).anyMatch(file -> file.endsWith("/vocabulary.txt"));
  }

  @Test
  void executorsOnAnOldJavaEndTheRunWithTheCause() throws Exception {
    Submission.Result result = plain().run("client", "old", digitsYaml(2));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .containsPattern("muster: Cannot use executor \\d+: Java is 11 \\(.*\\), expected 17 or")
        .contains("; submit with --conf spark.executorEnv.JAVA_HOME=DIR --conf");
  }

  @Test
  void aDriverOnAnOldJavaEndsWithTheCause() throws Exception {
    Submission.Result result = plain().run("cluster", "old-driver", digitsYaml(2));

    assertThat(result.exitCode()).isEqualTo(1);
    Report report = endOf(result);
    assertThat(report.finalStatus()).isEqualTo("FAILED");
    assertThat(applications().allLogs(report.id()))
        .contains("muster: Cannot run: the driver's Java is 11 (")
        .contains("; submit with --conf spark.yarn.appMasterEnv.JAVA_HOME=DIR --conf")
        .contains("User application exited with status 2");
  }

  @Test
  void containersAboveTheMaximumAreRefusedBeforeTheStart() throws Exception {
    Submission.Result result =
        plain()
            .with(submit -> submit.conf("spark.executor.memory", "16g"))
            .run("client", "large", digitsYaml(2));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.applicationId()).isEmpty();
    assertThat(result.output())
        .contains("muster: Cannot get executors of 17,4")
        .contains("a container has at most 8,192 MiB")
        .contains("says the ResourceManager); lower spark.executor.memory to ");
  }

  @Test
  void anUnknownQueueIsNamedWithThoseThatThereAre() throws Exception {
    Submission.Result result =
        plain()
            .with(submit -> submit.option("--queue", "nope"))
            .run("client", "queue", digitsYaml(2));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .contains("the ResourceManager knows no queue nope; submit with --queue and one of ")
        .containsPattern("muster: Cannot submit to queue nope: .*queue.*");
  }

  private static SparkSubmit javaOnEveryNode(SparkSubmit submit) {
    return javaHome(System.getProperty("java.home")).apply(submit);
  }

  private static UnaryOperator<SparkSubmit> javaHome(String home) {
    return submit ->
        submit
            .conf("spark.yarn.appMasterEnv.JAVA_HOME", home)
            .conf("spark.executorEnv.JAVA_HOME", home);
  }

  /** The JDK that runs this test, without what only compilers need. */
  private static Path jdkArchive() throws IOException {
    Path home = Path.of(System.getProperty("java.home"));
    Path archive = WORK.resolve("jdk17.tar");
    command(
        "tar",
        "-C",
        Objects.requireNonNull(home.getParent()).toString(),
        "-chf",
        archive.toString(),
        "--exclude=jmods",
        "--exclude=src.zip",
        "--exclude=man",
        "--exclude=docs",
        home.getFileName().toString());
    return archive;
  }

  private static void command(String... words) throws IOException {
    Process process = new ProcessBuilder(words).inheritIO().start();
    assertThat(ChildProcess.await(process, Duration.ofMinutes(2), words[0])).isZero();
  }

  private static void awaitContainers(String id, int count) {
    Awaitility.await(count + " containers of " + id)
        .atMost(4, TimeUnit.MINUTES)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted( // the ResourceManager may not know the id yet
            () -> assertThat(applications().report(id).runningContainers()).isEqualTo(count));
  }

  private static String digitsYaml(int epochs) {
    return DigitsExperiment.yaml(cluster().defaultFs(), epochs, 2);
  }

  private static String wordsYaml() {
    return """
        name: words
        entrypoint: dev.muster.job.cluster.FaultyTrial
        data: {fault: archive}
        hyperparameters: {global_batch_size: 8}
        searcher: {name: single, metric: accuracy, smaller_is_better: false, max_length: {batches: 4}}
        checkpoint_storage: {path: %s/experiments}
        resources: {slots_per_trial: 2}
        """
        .formatted(cluster().defaultFs());
  }

  /** The NodeManagers bring the logs after the end, each in its own time: until all are there. */
  private static String logsOf(String id) {
    AtomicReference<String> logs = new AtomicReference<>("");
    Awaitility.await("the aggregated logs of three containers of " + id)
        .atMost(3, TimeUnit.MINUTES)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              logs.set(cluster().aggregatedLogs(id));
              assertThat(CONTAINER.matcher(logs.get()).results().map(MatchResult::group).distinct())
                  .hasSizeGreaterThanOrEqualTo(3);
            });
    return Objects.requireNonNull(logs.get());
  }

  private static JobOnYarn onSpark(String version) {
    Path home = Scripts.sparkDistribution(version);
    assertThat(home.resolve("jars"))
        .isDirectoryContaining("glob:**/spark-core_*-" + version + ".jar");
    return plain().onSpark(home);
  }

  private static Report endOf(Submission.Result result) {
    return applications().awaitEnd(result.applicationId().orElseThrow(), Duration.ofMinutes(3));
  }

  private static YarnApplications applications() {
    return cluster().applications();
  }

  private static TestCluster cluster() {
    return Objects.requireNonNull(running, "the cluster was not started");
  }

  private static JobOnYarn plain() {
    return Objects.requireNonNull(plain, "the cluster was not started");
  }
}
