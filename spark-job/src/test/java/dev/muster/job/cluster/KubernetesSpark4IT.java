package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same jar and the same roles under Spark 4.1.1, whose client of the API server is another. */
@Tag("full")
class KubernetesSpark4IT {
  private static final String VERSION = "4.1.1";
  private static final Path WORK = Path.of("target/it/kubernetes-4.1").toAbsolutePath();

  private static @Nullable KubernetesJobs running;

  @BeforeAll
  static void startCluster() throws Exception {
    running = KubernetesJobs.start(WORK, VERSION, Scripts.sparkDistribution(VERSION));
  }

  @AfterAll
  static void stopCluster() {
    if (running != null) {
      running.close();
    }
  }

  @Test
  void clientMode() throws Exception {
    long start = System.nanoTime();
    Submission.Result result = jobs().runClient("client", jobs().client("muster"));

    assertThat(result.exitCode()).as(result.output()).isZero();
    ClusterTable.row("kubernetes", "client", VERSION, false, "")
        .hosts(result.output())
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(jobs().experiment("client"));
  }

  @Test
  void clusterMode() throws Exception {
    long start = System.nanoTime();
    Submission.Result result = jobs().runUploaded("cluster", jobs().cluster("cluster", "muster"));

    String log = jobs().cluster().log("cluster-driver");
    assertThat(jobs().cluster().exitCode("cluster-driver")).as(result.output() + log).isZero();
    ClusterTable.row("kubernetes", "cluster", VERSION, false, "")
        .hosts(log)
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(jobs().experiment("cluster"));
  }

  @Test
  void aMissingPermissionIsNamed() throws Exception {
    jobs()
        .cluster()
        .account(
            "without-create",
            Kubernetes.role("muster").stream().map(rule -> rule.without("create pods")).toList());
    Submission.Result result = jobs().runClient("denied", jobs().client("without-create"));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .contains("the service account muster/without-create may not create pods in namespace");
  }

  private static KubernetesJobs jobs() {
    return Objects.requireNonNull(running, "the cluster was not started");
  }
}
