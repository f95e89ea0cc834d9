package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Role of {@code conf/kubernetes} is the least: a run uses all of it, and without any part of
 * it a run ends before it has made a pod, with the line that names the part.
 */
@Tag("full")
class KubernetesRoleIT {
  private static final Path WORK = Path.of("target/it/kubernetes-role").toAbsolutePath();

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

  static List<String> permissions() throws Exception {
    return Kubernetes.role("muster").stream().flatMap(rule -> rule.permissions().stream()).toList();
  }

  @ParameterizedTest
  @MethodSource("permissions")
  void withoutOnePermissionTheRunNamesIt(String missing) throws Exception {
    String account = "without-" + missing.replace(' ', '-');
    List<Kubernetes.Rule> rest =
        Kubernetes.role("muster").stream()
            .map(rule -> rule.without(missing))
            .filter(rule -> !rule.verbs().isEmpty()) // the API server takes no empty rule
            .toList();
    cluster().account(account, rest);

    Submission.Result result = jobs().runClient(account, jobs().client(account));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .contains(
            "Cannot run on Kubernetes: the service account muster/%s may not %s in namespace muster; bind it to the Role of conf/kubernetes/role.yaml"
                .formatted(account, missing));
    assertThat(cluster().names("pods")).noneMatch(name -> name.contains("-exec-"));
  }

  /**
   * Cluster mode, where the driver asks for its own pod; then failed executors, which it deletes.
   */
  @Test
  void aRunUsesAllOfTheRoleAndAsksForNothingElse() throws Exception {
    Submission.Result result = jobs().runUploaded("uses", jobs().cluster("uses", "muster"));
    cluster()
        .image(
            "muster-test:broken",
            List.of(jobs().sparkHome() + ":/opt/spark", "/bin/false:/opt/entrypoint.sh"));
    Submission.Result broken =
        jobs()
            .runClient(
                "broken",
                jobs()
                    .client("muster")
                    .conf("spark.kubernetes.container.image", "muster-test:broken")
                    .conf("spark.executor.maxNumFailures", "2"));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(cluster().exitCode("uses-driver")).as(cluster().log("uses-driver")).isZero();
    assertThat(broken.exitCode()).as(broken.output()).isEqualTo(11); // Spark's own
    List<Kubernetes.Request> requests = cluster().requests("muster");
    Set<String> used = Kubernetes.permissions(requests, true);
    System.err.println("FACT driver used " + used);
    System.err.println("FACT driver was refused " + Kubernetes.permissions(requests, false));
    assertThat(used).containsExactlyInAnyOrderElementsOf(permissions());
    assertThat(Kubernetes.permissions(requests, false)).isEmpty();
    List<Kubernetes.Request> submitted = cluster().requests("muster-submit");
    System.err.println("FACT submitter used " + Kubernetes.permissions(submitted, true));
    assertThat(Kubernetes.permissions(submitted, true))
        .as("applied by patch, which the API server lets create only with that permission too")
        .containsExactlyInAnyOrderElementsOf(
            Kubernetes.role("muster-submit").stream()
                .flatMap(rule -> rule.permissions().stream())
                .filter(permission -> !permission.matches("create (configmaps|services)"))
                .toList());
    assertThat(Kubernetes.permissions(submitted, false)).isEmpty();
  }

  private static KubernetesJobs jobs() {
    return Objects.requireNonNull(running, "the cluster was not started");
  }

  private static Kubernetes cluster() {
    return jobs().cluster();
  }
}
