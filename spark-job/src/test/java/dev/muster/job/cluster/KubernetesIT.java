package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The job jar on a real API server, with the accounts of {@code conf/kubernetes/role.yaml} and
 * nothing more; executors are pods of two addresses.
 */
class KubernetesIT {
  private static final Path WORK = Path.of("target/it/kubernetes").toAbsolutePath();

  private static @Nullable KubernetesJobs running;

  @BeforeAll
  static void startCluster() throws Exception {
    running = KubernetesJobs.start(WORK, "3.5.5", Scripts.sparkDistribution());
  }

  @AfterAll
  static void stopCluster() {
    if (running != null) {
      running.close();
      ProcessTable.awaitNone(WORK.resolve("kubernetes").toString(), Duration.ofSeconds(10));
    }
  }

  @Test
  void clientModeTrainsOnTwoPodsAndLeavesNothingBehind() throws Exception {
    long start = System.nanoTime();
    Submission.Result result = jobs().runClient("client", jobs().client("muster"));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output())
        .containsPattern("rank 0 runs on host 127\\.\\d+\\.\\d+\\.\\d+, executor ")
        .contains("state        COMPLETED");
    assertThat(cluster().names("pods")).noneMatch(name -> name.contains("-exec-"));
    assertThat(cluster().names("configmaps")).noneMatch(name -> name.startsWith("spark-exec-"));
    ClusterTable.row("kubernetes", "client", "3.5.5", false, "")
        .hosts(result.output())
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(jobs().experiment("client"));
  }

  @Test
  @Tag("full")
  void clusterModeUploadsTheJarsAndTheExperiment() throws Exception {
    long start = System.nanoTime();
    SparkSubmit submit = jobs().cluster("cluster", "muster");
    Submission.Result result = jobs().runUploaded("cluster", submit);

    String log = cluster().log("cluster-driver");
    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(cluster().exitCode("cluster-driver")).as(log).isZero();
    assertThat(log)
        .contains("state        COMPLETED")
        .contains("the driver's log: kubectl logs -n muster cluster-driver");
    assertThat(cluster().names("pods"))
        .contains("cluster-driver")
        .noneMatch(name -> name.contains("-exec-"));
    ClusterTable.row("kubernetes", "cluster", "3.5.5", false, "")
        .hosts(log)
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(jobs().experiment("cluster"));
  }

  @Test
  @Tag("full")
  void executorsComeAndGoWithTheNeedForSlots() throws Exception {
    long start = System.nanoTime();
    Submission.Result result = jobs().runClient("dynamic", jobs().dynamic(jobs().client("muster")));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(cluster().names("pods")).noneMatch(name -> name.contains("-exec-"));
    ClusterTable.row("kubernetes", "client", "3.5.5", true, "")
        .hosts(result.output())
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(jobs().experiment("dynamic"));
  }

  /** spark-submit says nothing of it; the pod's exit code and the log do. */
  @Test
  @Tag("full")
  void aMistakeInClusterModeIsTheDriverPodsExitCode() throws Exception {
    Submission.Result result =
        jobs().runUploaded("mistake", jobs().cluster("mistake", "muster"), "--config", "no_such=1");

    System.err.println("FACT cluster mode, code 2: spark-submit returned " + result.exitCode());
    assertThat(cluster().exitCode("mistake-driver")).as(result.output()).isEqualTo(2);
    assertThat(cluster().log("mistake-driver")).contains("no_such");
  }

  @Test
  @Tag("full")
  void clusterModeTakesTheJarsOfTheImage() throws Exception {
    cluster()
        .image(
            "muster-test:jars",
            List.of(
                jobs().sparkHome() + ":/opt/spark",
                KubernetesJobs.ENTRYPOINT + ":/opt/entrypoint.sh",
                JobJars.job() + ":/opt/muster/muster-job.jar",
                jobs().userJar() + ":/opt/muster/digits.jar"));
    SparkSubmit submit =
        jobs()
            .cluster("image", "muster")
            .conf("spark.kubernetes.container.image", "muster-test:jars")
            .mainClass("dev.muster.job.cli.Entry") // spark-submit cannot look into the image's jar
            .conf("spark.jars", "local:///opt/muster/digits.jar");
    Path log = Files.createDirectories(WORK.resolve("image")).resolve("submit.log");
    jobs().experiment("image").write("image.yaml", jobs().yaml());
    Submission.Result result =
        submit.run(
            KubernetesJobs.DEADLINE,
            log,
            Path.of("local:///opt/muster/muster-job.jar"),
            "run",
            jobs().experiment("image").directory() + "/image.yaml",
            "--name",
            "image-run");

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(cluster().exitCode("image-driver")).as(cluster().log("image-driver")).isZero();
    assertThat(jobs().experiment("image-run").verifiedCheckpoints()).isNotEmpty();
  }

  private static KubernetesJobs jobs() {
    return Objects.requireNonNull(running, "the cluster was not started");
  }

  private static Kubernetes cluster() {
    return jobs().cluster();
  }
}
