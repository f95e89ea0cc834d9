package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;

/** Writes what became of a pod into its status, as a kubelet does. */
final class PodStatuses {
  private static final int ATTEMPTS = 5; // others may write in between

  private PodStatuses() {}

  static void edit(KubernetesClient client, Pod pod, UnaryOperator<PodStatusBuilder> change) {
    for (int attempt = 1; ; attempt++) {
      try {
        Pod now = client.pods().resource(pod).get();
        if (now == null || !now.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
          return; // gone, or another one of that name
        }
        Pod changed = new PodBuilder(now).withStatus(change.apply(new PodStatusBuilder(now.getStatus())).build()).build();
        client.pods().resource(changed).updateStatus();
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() == 404) {
          return;
        }
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  static void pullFailed(KubernetesClient client, Pod pod, String message) {
    ContainerState state =
        new ContainerStateBuilder().withNewWaiting().withReason("ErrImagePull").withMessage(message).endWaiting().build();
    edit(client, pod, status -> status.withPhase("Pending").withContainerStatuses(container(pod, state, false)));
  }

  static void running(KubernetesClient client, Pod pod, String address, Instant started) {
    ContainerState state = new ContainerStateBuilder().withNewRunning(started.toString()).build();
    edit(
        client,
        pod,
        status ->
            conditions(status, true)
                .withPhase("Running")
                .withHostIP("127.0.0.1")
                .withPodIP(address)
                .withPodIPs(new PodIP(address))
                .withStartTime(started.toString())
                .withContainerStatuses(container(pod, state, true)));
  }

  static void ended(KubernetesClient client, Pod pod, Instant started, int exitCode) {
    ContainerState state =
        new ContainerStateBuilder()
            .withNewTerminated()
            .withExitCode(exitCode)
            .withReason(exitCode == 0 ? "Completed" : "Error")
            .withStartedAt(started.toString())
            .withFinishedAt(Instant.now().toString())
            .endTerminated()
            .build();
    edit(
        client,
        pod,
        status ->
            conditions(status, false)
                .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
                .withContainerStatuses(container(pod, state, false)));
  }

  static void failed(KubernetesClient client, Pod pod, String message) {
    edit(client, pod, status -> status.withPhase("Failed").withReason("StandInFailed").withMessage(message));
  }

  private static PodStatusBuilder conditions(PodStatusBuilder status, boolean ready) {
    status.withConditions(List.of());
    for (String type : List.of("PodScheduled", "Initialized", "ContainersReady", "Ready")) {
      boolean holds = ready || type.equals("PodScheduled") || type.equals("Initialized");
      status.addNewCondition().withType(type).withStatus(holds ? "True" : "False").endCondition();
    }
    return status;
  }

  private static ContainerStatus container(Pod pod, ContainerState state, boolean ready) {
    Container container = pod.getSpec().getContainers().get(0);
    return new ContainerStatusBuilder()
        .withName(container.getName())
        .withImage(container.getImage())
        .withImageID("")
        .withRestartCount(0)
        .withReady(ready)
        .withStarted(ready)
        .withContainerID("process://" + pod.getMetadata().getUid())
        .withState(state)
        .build();
  }
}
