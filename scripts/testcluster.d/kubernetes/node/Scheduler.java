package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Binds a pod to the only node if what it requests is free there; else says what is missing. */
final class Scheduler {
  private final KubernetesClient client;
  private final Map<String, Quantity> capacity;
  private final Set<String> bound = new HashSet<>(); // the informer hears of it later
  private final Set<String> told = new HashSet<>();

  Scheduler(KubernetesClient client, Map<String, Quantity> capacity) {
    this.client = client;
    this.capacity = capacity;
  }

  static boolean isOver(Pod pod) {
    return List.of("Succeeded", "Failed").contains(String.valueOf(pod.getStatus().getPhase()));
  }

  void consider(Pod pod, Collection<Pod> all) {
    String uid = pod.getMetadata().getUid();
    if (isBound(pod) || pod.getMetadata().getDeletionTimestamp() != null) {
      return;
    }
    for (Map.Entry<String, BigDecimal> request : requests(pod).entrySet()) {
      BigDecimal used = request.getValue();
      for (Pod other : all) {
        if (!other.getMetadata().getUid().equals(uid) && isBound(other) && !isOver(other)) {
          used = used.add(requests(other).getOrDefault(request.getKey(), BigDecimal.ZERO));
        }
      }
      Quantity free = capacity.get(request.getKey());
      if (free == null || used.compareTo(Quantity.getAmountInBytes(free)) > 0) {
        unschedulable(pod, "0/1 nodes are available: 1 Insufficient " + request.getKey() + ".");
        return;
      }
    }
    bound.add(uid);
    bind(pod);
  }

  private boolean isBound(Pod pod) {
    return pod.getSpec().getNodeName() != null || bound.contains(pod.getMetadata().getUid());
  }

  private static Map<String, BigDecimal> requests(Pod pod) {
    Map<String, BigDecimal> sum = new HashMap<>();
    for (Container container : pod.getSpec().getContainers()) {
      if (container.getResources() != null && container.getResources().getRequests() != null) {
        container
            .getResources()
            .getRequests()
            .forEach((name, amount) -> sum.merge(name, Quantity.getAmountInBytes(amount), BigDecimal::add));
      }
    }
    return sum;
  }

  private void bind(Pod pod) {
    String name = pod.getMetadata().getName();
    client.raw(
        "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + name + "/binding",
        "POST",
        Map.of(
            "apiVersion", "v1",
            "kind", "Binding",
            "metadata", Map.of("name", name, "uid", pod.getMetadata().getUid()),
            "target", Map.of("apiVersion", "v1", "kind", "Node", "name", Node.NAME)));
  }

  private void unschedulable(Pod pod, String message) {
    if (told.add(pod.getMetadata().getUid())) {
      Node.say("%s: %s", Node.key(pod), message);
      PodStatuses.edit(
          client,
          pod,
          status ->
              status
                  .withPhase("Pending")
                  .addNewCondition()
                  .withType("PodScheduled")
                  .withStatus("False")
                  .withReason("Unschedulable")
                  .withMessage(message)
                  .endCondition());
    }
  }
}
