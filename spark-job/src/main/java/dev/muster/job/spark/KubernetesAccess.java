package dev.muster.job.spark;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * Whether the driver's account may do what Spark will do with it. Spark itself only logs most
 * refusals and then waits for executors that never come, or leaves its pods behind.
 */
final class KubernetesAccess {
  /** A verb on a kind of object, as in {@code conf/kubernetes/role.yaml}. */
  record Permission(String resource, String verb) {}

  /** What {@code conf/kubernetes/role.yaml} gives the driver; a test compares them. */
  static final List<Permission> NEEDED =
      List.of(
          new Permission("pods", "get"),
          new Permission("pods", "list"),
          new Permission("pods", "watch"),
          new Permission("pods", "create"),
          new Permission("pods", "delete"),
          new Permission("pods", "deletecollection"),
          new Permission("configmaps", "create"),
          new Permission("configmaps", "deletecollection"),
          new Permission("services", "deletecollection"));

  private static final String REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  private static final String WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

  private KubernetesAccess() {}

  /** Asks the API server for each permission; nothing to find where the master is another. */
  static List<Finding> findings(SparkConf conf) {
    if (!Master.isKubernetes(conf)) {
      return List.of();
    }
    String namespace = KubernetesServer.namespace(conf);
    Map<String, List<String>> missing = new TreeMap<>();
    try (KubernetesServer server = KubernetesServer.open(conf)) {
      for (Permission permission : NEEDED) {
        if (!allowed(server, namespace, permission)) {
          missing.merge(permission.resource, List.of(permission.verb), KubernetesAccess::joined);
        }
      }
      return List.of(
          missing.isEmpty()
              ? Finding.fine(
                  "kubernetes",
                  "all that the driver needs in namespace " + namespace + " is allowed")
              : Finding.problem("kubernetes", text(who(server), namespace, missing)));
    } catch (KubernetesServer.RefusedException e) {
      return List.of(
          Finding.problem(
              "kubernetes",
              "Cannot ask the API server %s what this run may do: %s; correct --master, or the credentials (spark.kubernetes.authenticate.*, or kubectl's configuration)"
                  .formatted(KubernetesServer.address(conf), e.getMessage())));
    }
  }

  private static List<String> joined(List<String> one, List<String> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }

  private static boolean allowed(KubernetesServer server, String namespace, Permission permission)
      throws KubernetesServer.RefusedException {
    Map<String, String> attributes =
        Map.of("namespace", namespace, "resource", permission.resource, "verb", permission.verb);
    return server
        .ask("POST", REVIEWS, review("authorization", "SelfSubjectAccessReview", attributes))
        .at("/status/allowed")
        .asBoolean();
  }

  private static String who(KubernetesServer server) {
    try {
      return server
          .ask("POST", WHO, review("authentication", "SelfSubjectReview", Map.of()))
          .at("/status/userInfo/username")
          .asText("this user");
    } catch (KubernetesServer.RefusedException e) { // an API server before 1.28
      return "this user";
    }
  }

  private static Map<String, Object> review(
      String group, String kind, Map<String, String> attributes) {
    Map<String, Object> review = new TreeMap<>();
    review.put("apiVersion", group + ".k8s.io/v1");
    review.put("kind", kind);
    if (!attributes.isEmpty()) {
      review.put("spec", Map.of("resourceAttributes", attributes));
    }
    return review;
  }

  private static String text(String who, String namespace, Map<String, List<String>> missing) {
    String verbs =
        missing.entrySet().stream()
            .map(entry -> String.join(", ", entry.getValue()) + " " + entry.getKey())
            .collect(Collectors.joining("; "));
    return "Cannot run on Kubernetes: %s may not %s in namespace %s; bind it to the Role of conf/kubernetes/role.yaml: kubectl -n %s apply -f conf/kubernetes/role.yaml"
        .formatted(account(who), verbs, namespace, namespace);
  }

  private static String account(String who) {
    String prefix = "system:serviceaccount:";
    return who.startsWith(prefix)
        ? "the service account " + who.substring(prefix.length()).replace(':', '/')
        : who;
  }
}
