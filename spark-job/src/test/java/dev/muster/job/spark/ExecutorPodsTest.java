package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** What is said of executor pods, from the API server's own words. */
class ExecutorPodsTest {
  private static final String UNSCHEDULABLE =
      """
      {"status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}]}}
      """;

  @Test
  void alikePodsAreCountedWithTheSchedulersReason() throws Exception {
    assertThat(states(UNSCHEDULABLE + "," + UNSCHEDULABLE))
        .isEqualTo("2 Pending (Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.)");
  }

  @Test
  void anImageThatCannotBePulledIsNamed() throws Exception {
    assertThat(
            states(
                """
                {"status": {"phase": "Pending", "containerStatuses": [{"state": {"waiting":
                  {"reason": "ErrImagePull", "message": "no such image: x:1"}}}]}}
                """))
        .isEqualTo("1 Pending (ErrImagePull: no such image: x:1)");
  }

  @Test
  void aKilledContainerIsToldWithItsExitCode() throws Exception {
    assertThat(
            states(
                """
                {"status": {"phase": "Failed", "containerStatuses": [{"state": {"terminated":
                  {"reason": "OOMKilled", "exitCode": 137}}}]}},
                {"status": {"phase": "Running"}}
                """))
        .isEqualTo("1 Failed (OOMKilled, exit code 137), 1 Running");
  }

  @Test
  void anEvictedPodIsToldWithTheNodesReason() throws Exception {
    assertThat(
            states(
                """
                {"status": {"phase": "Failed", "reason": "Evicted", "message": "disk pressure"}}
                """))
        .isEqualTo("1 Failed (Evicted: disk pressure)");
  }

  @Test
  void nothingIsSaidOfPodsWhereThereIsNoKubernetes() {
    SparkConf yarn = new SparkConf(false).set("spark.master", "yarn");

    assertThat(new ExecutorPods(yarn, "application_1").describe()).isEmpty();
    assertThat(KubernetesAccess.findings(yarn)).isEmpty();
  }

  @Test
  void aSparkWithoutKubernetesIsAProblemThatSaysSo() {
    SparkConf conf = new SparkConf(false).set("spark.master", "k8s://https://127.0.0.1:1");

    assertThat(KubernetesAccess.findings(conf))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.PROBLEM);
              assertThat(finding.text())
                  .startsWith("Cannot ask the API server https://127.0.0.1:1 ")
                  .contains("this Spark has no client for Kubernetes");
            });
  }

  private static String states(String pods) throws Exception {
    JsonNode list = new ObjectMapper().readTree("[" + pods + "]");
    return ExecutorPods.states(list);
  }
}
