package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.ProcessTable.Jvm;
import dev.muster.job.cluster.YarnApplications.Report;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The instruments themselves, on Spark programs that have nothing of Muster in them. */
class ClusterSmokeIT {
  private static final Path WORK = Path.of("target/it/smoke").toAbsolutePath();
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private static @Nullable TestCluster running;

  @BeforeAll
  static void startCluster() {
    Scripts.sparkDistribution(); // where there is none, skip before the cluster is up
    running = TestCluster.yarn(WORK.resolve("cluster"));
  }

  @AfterAll
  static void stopCluster() {
    if (running != null) {
      running.close();
      ProcessTable.awaitNone(WORK.resolve("cluster").toString(), Duration.ofSeconds(10));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"client", "cluster"})
  void jobOnYarnWritesToHdfsAndSucceedsInOneAttempt(String mode) throws IOException {
    String file = cluster().defaultFs() + "/smoke/" + mode;

    Submission.Result result = submit(mode).run(DEADLINE, log(mode), jar(), "squares", file);

    assertThat(result.exitCode()).as(result.output()).isZero();
    Report report = endOf(result.applicationId());
    assertThat(report.state()).isEqualTo("FINISHED");
    assertThat(report.finalStatus()).isEqualTo("SUCCEEDED");
    assertThat(report.attempts()).isEqualTo(1);
    assertThat(textOf(file)).isEqualTo("30");
    assertThat(cluster().applications().containerLogs(report.id()))
        .anySatisfy((name, text) -> assertThat(name).endsWith("_000001/stderr"))
        .allSatisfy((name, text) -> assertThat(text).doesNotContain("UnknownHostException"));
  }

  @Test
  void jobThatThrowsInClusterModeIsFailedAfterBothAttempts() {
    Submission.Result result =
        submit("cluster")
            .conf("spark.executor.instances", "1")
            .run(DEADLINE, log("fail"), jar(), "fail");

    assertThat(result.exitCode()).as(result.output()).isNotZero();
    Report report = endOf(result.applicationId());
    assertThat(report.finalStatus()).isEqualTo("FAILED");
    assertThat(report.attempts()).isEqualTo(2);
    assertThat(report.diagnostics()).contains("failing as asked");
    assertThat(cluster().applications().allLogs(report.id())).contains("failing as asked");
  }

  @Test
  void killedDriverOfClientModeLeavesNoProcess() {
    try (Submission submission = submit("client").start(log("hang"), jar(), "hang")) {
      String id =
          Awaitility.await()
              .atMost(DEADLINE)
              .until(submission::applicationId, Optional::isPresent)
              .orElseThrow();
      List<Jvm> executors =
          Awaitility.await()
              .atMost(DEADLINE)
              .until(() -> ProcessTable.executors(id), list -> !list.isEmpty());
      long executor = executors.get(0).pid();

      ProcessTable.freeze(executor);
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> stateOf(executor), "T"::equals);
      ProcessTable.thaw(executor);
      ProcessTable.kill(submission.process().pid());

      ProcessTable.awaitNone(id, Duration.ofSeconds(60));
      assertThat(endOf(Optional.of(id)).finalStatus()).isNotEqualTo("UNDEFINED");
    }
  }

  @Test
  void pythonImportsTensorFlow() throws IOException {
    Path python = Scripts.pythonWithTensorFlow();
    Path output = Files.createDirectories(WORK).resolve("python.log");

    Process process =
        new ProcessBuilder(
                python.toString(), "-c", "import tensorflow as tf; print(tf.constant([2, 3]) * 7)")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();

    assertThat(ChildProcess.await(process, DEADLINE, "python"))
        .as(Files.readString(output))
        .isZero();
    assertThat(Files.readString(output)).contains("tf.Tensor([14 21], shape=(2,)");
  }

  private static SparkSubmit submit(String mode) {
    Path sparkHome = Scripts.sparkDistribution();
    SparkSubmit submit =
        mode.equals("client")
            ? SparkSubmit.yarnClient(cluster(), sparkHome)
            : SparkSubmit.yarnCluster(cluster(), sparkHome);
    return submit
        .mainClass(SmokeApp.class.getName())
        .conf("spark.executor.instances", "2")
        .conf("spark.executor.memory", "512m")
        .conf("spark.driver.memory", "512m")
        .conf("spark.yarn.am.memory", "512m");
  }

  private static Path jar() {
    return TestJar.write(WORK.resolve("smoke.jar"), SmokeApp.class);
  }

  private static Path log(String name) {
    return WORK.resolve(name + ".log");
  }

  private static Report endOf(Optional<String> applicationId) {
    return cluster().applications().awaitEnd(applicationId.orElseThrow(), Duration.ofSeconds(60));
  }

  private static String textOf(String file) throws IOException {
    Configuration configuration = new Configuration(false);
    configuration.set("fs.hdfs.impl", "org.apache.hadoop.hdfs.DistributedFileSystem");
    try (FileSystem files = FileSystem.newInstance(URI.create(file), configuration);
        InputStream in = files.open(new org.apache.hadoop.fs.Path(file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The letter of the kernel for the process's state: {@code T} is stopped by a signal. */
  private static String stateOf(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
  }

  private static TestCluster cluster() {
    if (running == null) {
      throw new IllegalStateException("Cannot use the cluster: it was not started");
    }
    return running;
  }
}
