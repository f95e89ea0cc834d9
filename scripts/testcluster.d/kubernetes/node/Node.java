package dev.muster.testcluster.node;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands in for scheduler and kubelet of one node: binds pods, runs the first container of each as a process in mount
 * and host name spaces of its own, tells the API server how they are, ends them when they are deleted.
 *
 * <p>Has no pod network (each pod has a loopback address of its own), no memory limits and no volume provisioning.
 * Arguments: the folder of the cluster, then {@code RESOURCE=QUANTITY} for what the node has.
 */
final class Node {
  static final String NAME = "node-1";

  private final KubernetesClient client;
  private final Path cluster;
  private final Map<String, PodProcess> pods = new ConcurrentHashMap<>(); // by uid
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final Scheduler scheduler;
  private final ServiceNames names = new ServiceNames();
  private int lastAddress = 1;

  private Node(Path cluster, Map<String, Quantity> capacity) throws IOException {
    this.cluster = cluster;
    String kubeconfig = Files.readString(cluster.resolve("conf/kubeconfig"));
    this.client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(null, kubeconfig, null)).build();
    this.scheduler = new Scheduler(client, capacity);
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, Quantity> capacity = new TreeMap<>();
    for (int i = 1; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=", 2);
      capacity.put(pair[0], new Quantity(pair[1]));
    }
    new Node(Path.of(arguments[0]), capacity).run(capacity);
  }

  static void say(String format, Object... arguments) {
    System.out.println(Instant.now() + " " + String.format(format, arguments));
  }

  static String key(Pod pod) {
    return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
  }

  private void run(Map<String, Quantity> capacity) throws Exception {
    register(capacity);
    Namespaces.prepare(client, cluster);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> pods.values().forEach(PodProcess::kill)));
    SharedIndexInformer<Pod> informer = client.pods().inAnyNamespace().inform(new Events(), 0);
    Files.writeString(cluster.resolve("run/node.ready"), "");
    say("ready");
    for (long round = 0; ; round++) {
      Thread.sleep(100);
      for (Pod pod : informer.getStore().list()) {
        try {
          scheduler.consider(pod, informer.getStore().list());
        } catch (RuntimeException e) {
          say("cannot schedule %s: %s", key(pod), e.getMessage());
        }
      }
      if (round % 5 == 0) {
        names.refresh(client, informer.getStore().list(), pods);
      }
    }
  }

  private void register(Map<String, Quantity> capacity) {
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(NAME)
            .addToLabels("kubernetes.io/hostname", NAME)
            .addToLabels("kubernetes.io/os", "linux")
            .endMetadata()
            .build();
    client.nodes().resource(node).create();
    client
        .nodes()
        .withName(NAME)
        .editStatus(
            found ->
                new NodeBuilder(found)
                    .withNewStatus()
                    .withCapacity(capacity)
                    .withAllocatable(capacity)
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .withReason("StandIn")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  private final class Events implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      changed(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      changed(pod);
    }

    /** Deleted by force: there was no time to end it. */
    @Override
    public void onDelete(Pod pod, boolean unknown) {
      PodProcess process = pods.remove(pod.getMetadata().getUid());
      if (process != null) {
        process.kill();
      }
    }
  }

  private void changed(Pod pod) {
    if (!NAME.equals(pod.getSpec().getNodeName())) {
      return;
    }
    boolean isNew = !pods.containsKey(pod.getMetadata().getUid());
    PodProcess process = pods.computeIfAbsent(pod.getMetadata().getUid(), uid -> process(pod));
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      pool.execute(() -> process.stop(pod));
    } else if (isNew && !Scheduler.isOver(pod)) {
      pool.execute(process::run);
    }
  }

  private PodProcess process(Pod pod) {
    return new PodProcess(client, cluster, pod, nextAddress());
  }

  /** 127.A.B.2 to .250, A and B being this cluster's. */
  private synchronized String nextAddress() {
    lastAddress = lastAddress == 250 ? 2 : lastAddress + 1;
    String server = client.getMasterUrl().getHost();
    return server.substring(0, server.lastIndexOf('.') + 1) + lastAddress;
  }
}
