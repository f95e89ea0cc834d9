package dev.muster.job.runtime;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a slot gives its replica.
 *
 * @param threads TensorFlow's threads: the slot's cores
 * @param scratch a local directory for files on their way to a checkpoint
 * @param hosts of the slots, by rank; empty where all are on one host
 * @param gpu the slot's own; null: the replica runs on the CPU, whatever GPUs there are
 */
public record ReplicaSettings(
    int threads, Path scratch, List<String> hosts, @Nullable GpuDevice gpu) {
  /** Copies the list. */
  public ReplicaSettings {
    hosts = List.copyOf(hosts);
  }

  /** On the CPU. */
  public ReplicaSettings(int threads, Path scratch, List<String> hosts) {
    this(threads, scratch, hosts, null);
  }

  /** All slots on one host, on the CPU. */
  public ReplicaSettings(int threads, Path scratch) {
    this(threads, scratch, List.of());
  }
}
