package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** The environment of a container: what every pod has, then what its spec names. */
final class PodEnvironment {
  private final KubernetesClient client;
  private final Pod pod;
  private final String address;
  private final String namespace;

  PodEnvironment(KubernetesClient client, Pod pod, String address) {
    this.client = client;
    this.pod = pod;
    this.address = address;
    this.namespace = pod.getMetadata().getNamespace();
  }

  Map<String, String> of(Container container) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("PATH", System.getenv("PATH"));
    all.put("JAVA_HOME", System.getProperty("java.home"));
    all.put("HOME", "/root");
    all.put("HOSTNAME", pod.getMetadata().getName());
    all.put("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc");
    all.put("KUBERNETES_SERVICE_PORT", "443");
    if (container.getEnvFrom() != null) {
      container.getEnvFrom().forEach(source -> addAll(source, all));
    }
    for (EnvVar variable : container.getEnv()) {
      EnvVarSource from = variable.getValueFrom();
      String value = from == null ? variable.getValue() : value(from);
      all.put(variable.getName(), value == null ? "" : value);
    }
    return all;
  }

  private void addAll(EnvFromSource source, Map<String, String> all) {
    String prefix = source.getPrefix() == null ? "" : source.getPrefix();
    if (source.getConfigMapRef() != null) {
      configMap(source.getConfigMapRef().getName()).forEach((key, value) -> all.put(prefix + key, value));
    }
    if (source.getSecretRef() != null) {
      secret(source.getSecretRef().getName()).forEach((key, value) -> all.put(prefix + key, decoded(value)));
    }
  }

  private String value(EnvVarSource from) {
    if (from.getFieldRef() != null) {
      return field(pod, address, from.getFieldRef().getFieldPath());
    }
    if (from.getSecretKeyRef() != null) {
      return decoded(secret(from.getSecretKeyRef().getName()).get(from.getSecretKeyRef().getKey()));
    }
    return configMap(from.getConfigMapKeyRef().getName()).get(from.getConfigMapKeyRef().getKey());
  }

  static String field(Pod pod, String address, String path) {
    return switch (path) {
      case "status.podIP" -> address;
      case "status.hostIP" -> "127.0.0.1";
      case "metadata.name" -> pod.getMetadata().getName();
      case "metadata.namespace" -> pod.getMetadata().getNamespace();
      case "metadata.uid" -> pod.getMetadata().getUid();
      case "spec.nodeName" -> Node.NAME;
      case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName();
      default -> throw new IllegalArgumentException("no field " + path + " in this stand-in");
    };
  }

  private Map<String, String> configMap(String name) {
    return client.configMaps().inNamespace(namespace).withName(name).get().getData();
  }

  private Map<String, String> secret(String name) {
    return client.secrets().inNamespace(namespace).withName(name).get().getData();
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
