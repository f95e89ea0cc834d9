package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/** The cluster's DNS: each pod's /etc/hosts has the API server, itself, and the headless services' pods. */
final class ServiceNames {
  static String own(KubernetesClient client, String address, String name) {
    String server = client.getMasterUrl().getHost();
    return "127.0.0.1 localhost\n"
        + server
        + " kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local\n"
        + (address + " " + name + "\n");
  }

  void refresh(KubernetesClient client, List<Pod> pods, Map<String, PodProcess> processes) {
    StringBuilder services = new StringBuilder();
    for (Service service : client.services().inAnyNamespace().list().getItems()) {
      for (Pod pod : pods) {
        PodProcess process = processes.get(pod.getMetadata().getUid());
        if (process != null && process.isRunning() && isOf(service, pod)) {
          String name = service.getMetadata().getName() + "." + service.getMetadata().getNamespace();
          services.append("%s %s %s.svc %s.svc.cluster.local%n".formatted(process.address(), name, name, name));
        }
      }
    }
    for (Pod pod : pods) {
      PodProcess process = processes.get(pod.getMetadata().getUid());
      if (process != null && process.isRunning()) {
        write(process, own(client, process.address(), pod.getMetadata().getName()) + services);
      }
    }
  }

  private static boolean isOf(Service service, Pod pod) {
    Map<String, String> selector = service.getSpec().getSelector();
    Map<String, String> labels = pod.getMetadata().getLabels();
    return selector != null
        && !selector.isEmpty()
        && labels != null
        && service.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())
        && labels.entrySet().containsAll(selector.entrySet());
  }

  /** In place: the file is mounted. */
  private static void write(PodProcess process, String text) {
    try {
      if (!Files.readString(process.hostsFile()).equals(text)) {
        Files.writeString(process.hostsFile(), text);
      }
    } catch (IOException e) {
      Node.say("cannot write %s: %s", process.hostsFile(), e);
    }
  }
}
