package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One pod on this node. Its folder, {@code pods/NAMESPACE_NAME}, has the container's output in {@code log}, its
 * {@code hosts}, volumes and process id.
 */
final class PodProcess {
  private static final long DEFAULT_GRACE_SECONDS = 30;

  private final KubernetesClient client;
  private final Path cluster;
  private final Pod pod;
  private final String address;
  private final Path folder;
  private Process process;
  private boolean stopping;

  PodProcess(KubernetesClient client, Path cluster, Pod pod, String address) {
    this.client = client;
    this.cluster = cluster;
    this.pod = pod;
    this.address = address;
    this.folder = cluster.resolve("pods").resolve(Node.key(pod).replace('/', '_'));
  }

  String address() {
    return address;
  }

  Path hostsFile() {
    return folder.resolve("hosts");
  }

  synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  private synchronized boolean isStopping() {
    return stopping;
  }

  /** From the image to the end of the process. */
  void run() {
    try {
      Container container = pod.getSpec().getContainers().get(0);
      Files.createDirectories(folder);
      String image = image(container.getImage());
      if (image == null) {
        Node.say("%s: no image %s", Node.key(pod), container.getImage());
        PodStatuses.pullFailed(client, pod, "no such image: " + container.getImage());
        return;
      }
      Files.writeString(folder.resolve("mounts"), String.join("\n", mounts(image, container)) + "\n");
      Instant started = Instant.now();
      if (!start(container)) {
        return;
      }
      Node.say("%s runs as process %d, address %s", Node.key(pod), process.pid(), address);
      PodStatuses.running(client, pod, address, started);
      int exitCode = process.waitFor();
      Node.say("%s ended with %d", Node.key(pod), exitCode);
      PodStatuses.ended(client, pod, started, exitCode);
      deleteRoot();
    } catch (Exception e) {
      Node.say("%s failed: %s", Node.key(pod), e);
      PodStatuses.failed(client, pod, String.valueOf(e.getMessage()));
    }
  }

  /** What a file of the cluster, read each time, says of the image: SOURCE:TARGET,… */
  private String image(String name) throws IOException {
    Properties images = new Properties();
    try (var in = Files.newBufferedReader(cluster.resolve("conf/images"))) {
      images.load(in);
    }
    return images.getProperty(name);
  }

  private List<String> mounts(String image, Container container) throws Exception {
    List<String> mounts = new ArrayList<>();
    for (String pair : image.split(",")) {
      mounts.add("image\t" + pair.replace(":", "\t"));
    }
    PodVolumes volumes = new PodVolumes(client, pod, address, folder, this::isStopping);
    Map<String, Path> sources = new HashMap<>();
    for (Volume volume : pod.getSpec().getVolumes()) {
      sources.put(volume.getName(), volumes.prepare(volume));
    }
    for (VolumeMount mount : container.getVolumeMounts()) {
      Path source = sources.get(mount.getName());
      if (mount.getSubPath() != null) {
        source = source.resolve(mount.getSubPath());
      }
      mounts.add("volume\t" + source + "\t" + mount.getMountPath().replaceFirst("^/var/run/", "/run/"));
    }
    Files.writeString(hostsFile(), ServiceNames.own(client, address, pod.getMetadata().getName()));
    mounts.add("volume\t" + hostsFile() + "\t/etc/hosts");
    return mounts;
  }

  private synchronized boolean start(Container container) throws Exception {
    if (stopping) {
      return false;
    }
    List<String> command = new ArrayList<>();
    String name = pod.getMetadata().getName();
    command.add(System.getProperty("muster.pod"));
    command.add(folder.toString());
    command.add(name.substring(0, Math.min(63, name.length())));
    if (container.getCommand() == null || container.getCommand().isEmpty()) {
      command.add("/opt/entrypoint.sh");
    } else {
      command.addAll(container.getCommand());
    }
    if (container.getArgs() != null) {
      command.addAll(container.getArgs());
    }
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    builder.environment().clear();
    builder.environment().putAll(new PodEnvironment(client, pod, address).of(container));
    builder.environment().put("MUSTER_TESTCLUSTER", cluster.toString());
    process = builder.start();
    Files.writeString(folder.resolve("pid"), Long.toString(process.pid()));
    return true;
  }

  /** What the container wrote; its mounts went with its name space, or else nothing is deleted. */
  private void deleteRoot() throws IOException {
    String root = folder.resolve("root").toString();
    if (Files.readString(Path.of("/proc/self/mountinfo")).contains(root)) {
      throw new IOException("there are mounts in " + root);
    }
    try (Stream<Path> files = Files.walk(folder.resolve("root"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The deletion that the API server was asked for: SIGTERM, the grace period, SIGKILL. */
  void stop(Pod deleted) {
    synchronized (this) {
      if (stopping) {
        return;
      }
      stopping = true;
    }
    try {
      if (isRunning()) {
        Long grace = deleted.getMetadata().getDeletionGracePeriodSeconds();
        process.destroy();
        if (!process.waitFor(grace == null ? DEFAULT_GRACE_SECONDS : Math.max(grace, 1), TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      }
      confirm();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      Node.say("cannot delete %s: %s", Node.key(pod), e.getMessage());
    }
  }

  private void confirm() {
    try {
      client.raw(
          "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName(),
          "DELETE",
          Map.of(
              "apiVersion", "v1",
              "kind", "DeleteOptions",
              "gracePeriodSeconds", 0,
              "preconditions", Map.of("uid", pod.getMetadata().getUid())));
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404 && e.getCode() != 409) {
        throw e;
      }
    }
  }

  synchronized void kill() {
    stopping = true;
    if (process != null) {
      process.destroyForcibly();
    }
  }
}
