package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Makes a pod's volumes as folders of its own. */
final class PodVolumes {
  private static final int WAIT_MILLIS = 60_000;

  private final KubernetesClient client;
  private final Pod pod;
  private final String namespace;
  private final String address;
  private final Path folder;
  private final BooleanSupplier stopping;

  PodVolumes(KubernetesClient client, Pod pod, String address, Path folder, BooleanSupplier stopping) {
    this.client = client;
    this.pod = pod;
    this.namespace = pod.getMetadata().getNamespace();
    this.address = address;
    this.folder = folder;
    this.stopping = stopping;
  }

  /** The folder to mount; an emptyDir is one that stays empty. */
  Path prepare(Volume volume) throws Exception {
    if (volume.getHostPath() != null) {
      return Files.createDirectories(Path.of(volume.getHostPath().getPath()));
    }
    Path target = Files.createDirectories(folder.resolve("volumes").resolve(volume.getName()));
    if (volume.getPersistentVolumeClaim() != null) {
      String claim = volume.getPersistentVolumeClaim().getClaimName();
      awaited(() -> client.persistentVolumeClaims().inNamespace(namespace).withName(claim).get(), "claim " + claim);
      return Files.createDirectories(folder.resolveSibling("claims").resolve(namespace + "_" + claim));
    }
    if (volume.getConfigMap() != null) {
      configMap(target, volume.getConfigMap().getName(), volume.getConfigMap().getItems());
    } else if (volume.getSecret() != null) {
      secret(target, volume.getSecret().getSecretName(), volume.getSecret().getItems());
    } else if (volume.getDownwardAPI() != null) {
      downward(target, volume.getDownwardAPI().getItems());
    } else if (volume.getProjected() != null) {
      for (VolumeProjection source : volume.getProjected().getSources()) {
        project(target, source);
      }
    }
    return target;
  }

  private void project(Path target, VolumeProjection source) throws Exception {
    if (source.getConfigMap() != null) {
      configMap(target, source.getConfigMap().getName(), source.getConfigMap().getItems());
    } else if (source.getSecret() != null) {
      secret(target, source.getSecret().getName(), source.getSecret().getItems());
    } else if (source.getDownwardAPI() != null) {
      downward(target, source.getDownwardAPI().getItems());
    } else if (source.getServiceAccountToken() != null) {
      put(target, source.getServiceAccountToken().getPath(), token(source.getServiceAccountToken()));
    }
  }

  /** A config map may be made after the pod that names it: Spark does so. */
  private void configMap(Path target, String name, List<KeyToPath> items) throws Exception {
    ConfigMap map =
        awaited(() -> client.configMaps().inNamespace(namespace).withName(name).get(), "config map " + name);
    Map<String, byte[]> files = new HashMap<>();
    if (map.getData() != null) {
      map.getData().forEach((key, value) -> files.put(key, value.getBytes(StandardCharsets.UTF_8)));
    }
    putAll(target, files, items);
  }

  private void secret(Path target, String name, List<KeyToPath> items) throws Exception {
    Secret secret = awaited(() -> client.secrets().inNamespace(namespace).withName(name).get(), "secret " + name);
    Map<String, byte[]> files = new HashMap<>();
    if (secret.getData() != null) {
      secret.getData().forEach((key, value) -> files.put(key, Base64.getDecoder().decode(value)));
    }
    putAll(target, files, items);
  }

  private void downward(Path target, List<DownwardAPIVolumeFile> items) throws IOException {
    for (DownwardAPIVolumeFile item : items) {
      String value = PodEnvironment.field(pod, address, item.getFieldRef().getFieldPath());
      put(target, item.getPath(), value.getBytes(StandardCharsets.UTF_8));
    }
  }

  private byte[] token(ServiceAccountTokenProjection wanted) throws IOException {
    Map<String, Object> spec =
        Map.of(
            "expirationSeconds",
            wanted.getExpirationSeconds(),
            "boundObjectRef",
            Map.of(
                "apiVersion", "v1",
                "kind", "Pod",
                "name", pod.getMetadata().getName(),
                "uid", pod.getMetadata().getUid()));
    String account = pod.getSpec().getServiceAccountName();
    return Namespaces.token(client, namespace, account, spec).getBytes(StandardCharsets.UTF_8);
  }

  private <T> T awaited(Supplier<T> object, String what) throws Exception {
    for (int waited = 0; waited < WAIT_MILLIS && !stopping.getAsBoolean(); waited += 100) {
      T found = object.get();
      if (found != null) {
        return found;
      }
      Thread.sleep(100);
    }
    throw new IOException("cannot mount " + what + ": there is none");
  }

  private static void putAll(Path target, Map<String, byte[]> files, List<KeyToPath> items) throws IOException {
    if (items == null || items.isEmpty()) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        put(target, file.getKey(), file.getValue());
      }
    } else {
      for (KeyToPath item : items) {
        put(target, item.getPath(), files.get(item.getKey()));
      }
    }
  }

  private static void put(Path target, String name, byte[] content) throws IOException {
    Path file = target.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }
}
