package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Executors that never come: the line that waits for them says why, and the end does. */
@Tag("full")
class KubernetesPendingIT {
  private static final Path WORK = Path.of("target/it/kubernetes-pending").toAbsolutePath();

  private static @Nullable KubernetesJobs running;

  @BeforeAll
  static void startCluster() throws Exception {
    running = KubernetesJobs.start(WORK, "3.5.5", Scripts.sparkDistribution());
  }

  @AfterAll
  static void stopCluster() {
    if (running != null) {
      running.close();
    }
  }

  @Test
  void anImageThatDoesNotExist() throws Exception {
    assertWaitsInVain(
        "image",
        jobs().client("muster").conf("spark.kubernetes.container.image", "no/such:image"),
        "pods: 2 Pending (ErrImagePull: no such image: no/such:image)");
  }

  @Test
  void aGpuThatNoNodeHas() throws Exception {
    assertWaitsInVain(
        "gpu",
        jobs()
            .client("muster")
            .conf("spark.executor.resource.gpu.amount", "1")
            .conf("spark.executor.resource.gpu.vendor", "nvidia.com")
            .conf("spark.executor.resource.gpu.discoveryScript", "/none"),
        "pods: 2 Pending (Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.)");
  }

  @Test
  void aQuotaThatIsUsedUp() throws Exception {
    cluster().quota("small", Map.of("limits.memory", "100Mi"));
    try {
      assertWaitsInVain(
          "quota",
          jobs().client("muster"),
          "there are no executor pods: ",
          "exceeded quota: small");
    } finally {
      cluster().deleteQuota("small");
    }
  }

  private static void assertWaitsInVain(String name, SparkSubmit submit, String... reasons)
      throws Exception {
    Submission.Result result =
        jobs().runClient(name, submit, "--config", "resources.wait_for_slots_s=12");

    assertThat(result.exitCode()).as(result.output()).isEqualTo(4);
    String waiting =
        result
            .output()
            .lines()
            .filter(line -> line.startsWith("Waiting for slots: "))
            .findFirst()
            .orElse("");
    String end =
        result.output().lines().filter(line -> line.startsWith("muster: ")).findFirst().orElse("");
    assertThat(waiting).as(result.output()).contains(reasons);
    assertThat(end).as(result.output()).contains(reasons);
    System.err.println("FACT " + waiting);
    System.err.println("FACT " + end);
    assertThat(cluster().list("pods")).isEmpty();
  }

  private static KubernetesJobs jobs() {
    return Objects.requireNonNull(running, "the cluster was not started");
  }

  private static Kubernetes cluster() {
    return jobs().cluster();
  }
}
