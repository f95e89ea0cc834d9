package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;

/**
 * Why executors do not come, for the line that says so: what the API server tells of their pods, or
 * of why there are none. Elsewhere than on Kubernetes it has nothing to say. Looks when it is
 * asked; confined to the driver's thread.
 */
final class ExecutorPods {
  private final SparkConf conf;
  private final String applicationId;

  ExecutorPods(SparkConf conf, String applicationId) {
    this.conf = conf;
    this.applicationId = applicationId;
  }

  /** Begins with a semicolon; empty if there is nothing to say. */
  String describe() {
    if (!Master.isKubernetes(conf)) {
      return "";
    }
    String path = "/api/v1/namespaces/" + KubernetesServer.namespace(conf) + "/pods";
    try (KubernetesServer server = KubernetesServer.open(conf)) {
      JsonNode pods =
          server.ask(
              "GET",
              path + "?labelSelector=spark-role%3Dexecutor%2Cspark-app-selector%3D" + applicationId,
              null);
      return pods.path("items").isEmpty()
          ? "; there are no executor pods" + refusal(server, path)
          : "; pods: " + states(pods.path("items"));
    } catch (KubernetesServer.RefusedException | RuntimeException e) {
      return "; pods unknown: " + e.getMessage();
    }
  }

  /** As {@code 2 Pending (Unschedulable: …)}, alike ones counted. */
  static String states(JsonNode pods) {
    Map<String, Integer> counts = new TreeMap<>();
    for (JsonNode pod : pods) {
      String reason = reason(pod.path("status"));
      counts.merge(
          pod.at("/status/phase").asText("Unknown") + (reason.isEmpty() ? "" : " (" + reason + ")"),
          1,
          Integer::sum);
    }
    List<String> states = new ArrayList<>();
    counts.forEach((state, count) -> states.add(count + " " + state));
    return String.join(", ", states);
  }

  private static String reason(JsonNode status) {
    for (JsonNode container : status.path("containerStatuses")) {
      for (String state : List.of("waiting", "terminated")) {
        JsonNode told = container.path("state").path(state);
        if (told.has("reason")) {
          String code = told.has("exitCode") ? ", exit code " + told.path("exitCode") : "";
          return told.path("reason").asText() + code + message(told);
        }
      }
    }
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("status").asText().equals("False") && condition.has("reason")) {
        return condition.path("reason").asText() + message(condition);
      }
    }
    return status.has("reason") ? status.path("reason").asText() + message(status) : "";
  }

  private static String message(JsonNode told) {
    return told.has("message") ? ": " + told.path("message").asText() : "";
  }

  /** Spark only logs why it could not make a pod; such a one, on trial, is refused likewise. */
  private String refusal(KubernetesServer server, String path) {
    try {
      var unused = server.ask("POST", path + "?dryRun=All", pod());
      return "";
    } catch (KubernetesServer.RefusedException e) {
      return ": " + e.getMessage();
    }
  }

  private Map<String, Object> pod() {
    long heap = conf.getSizeAsMb("spark.executor.memory", "1g");
    double factor = conf.getDouble("spark.executor.memoryOverheadFactor", 0.1);
    long overhead =
        conf.getSizeAsMb(
            "spark.executor.memoryOverhead", (long) Math.max(384, factor * heap) + "m");
    String cpu =
        conf.get("spark.kubernetes.executor.request.cores", conf.get("spark.executor.cores", "1"));
    String memory = heap + overhead + "Mi";
    Map<String, String> amounts = Map.of("cpu", cpu, "memory", memory);
    Map<String, Object> container =
        Map.of(
            "name",
            "executor",
            "image",
            conf.get("spark.kubernetes.container.image", "spark"),
            "resources",
            Map.of("requests", amounts, "limits", Map.of("memory", memory)));
    return Map.of(
        "apiVersion",
        "v1",
        "kind",
        "Pod",
        "metadata",
        Map.of("generateName", "muster-trial-"),
        "spec",
        Map.of("containers", List.of(container), "restartPolicy", "Never"));
  }
}
