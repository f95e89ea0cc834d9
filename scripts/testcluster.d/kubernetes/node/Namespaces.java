package dev.muster.testcluster.node;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The namespace of the cluster's users, with what {@code conf/kubernetes/role.yaml} gives them. */
final class Namespaces {
  private static final String NAME = "muster";

  private Namespaces() {}

  static void prepare(KubernetesClient client, Path cluster) throws IOException {
    client.namespaces().resource(new NamespaceBuilder().withNewMetadata().withName(NAME).endMetadata().build()).create();
    List<HasMetadata> made;
    try (InputStream role = Files.newInputStream(Path.of(System.getProperty("muster.role")))) {
      made = client.load(role).inNamespace(NAME).create();
    }
    Map<String, Object> spec = Map.of("expirationSeconds", 24 * 3600);
    for (HasMetadata object : made) {
      if (object instanceof ServiceAccount) {
        String account = object.getMetadata().getName();
        Files.writeString(cluster.resolve("conf/" + account + ".token"), token(client, NAME, account, spec));
      }
    }
  }

  static String token(KubernetesClient client, String namespace, String account, Map<String, Object> spec)
      throws IOException {
    String answer =
        client.raw(
            "/api/v1/namespaces/" + namespace + "/serviceaccounts/" + account + "/token",
            "POST",
            Map.of("apiVersion", "authentication.k8s.io/v1", "kind", "TokenRequest", "spec", spec));
    return new ObjectMapper().readTree(answer).at("/status/token").asText();
  }
}
