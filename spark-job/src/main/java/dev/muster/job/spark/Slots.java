package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas that live in this JVM and that no task uses. A task claims one and then owns it:
 * keeps it here again at its end, or closes it. Thread-safe; closes outside its lock.
 */
final class Slots {
  private static final Logger LOG = LoggerFactory.getLogger(Slots.class);

  /** A replica in the hands of one task, and the GPU that its graph is placed on. */
  record Lease(ReplicaKey key, Resident resident, GpuName gpu) {}

  private final Map<ReplicaKey, Resident> idle = new LinkedHashMap<>(); // oldest first
  private final Map<ReplicaKey, GpuName> gpus = new HashMap<>(); // of the idle
  private int seatedTasks;
  private boolean closed;

  /**
   * The newest idle replica of the trial, that on the task's own GPU first, then the lowest rank;
   * no other task can claim it now.
   */
  synchronized Optional<Lease> claim(String application, String trialId, GpuName gpu) {
    Optional<ReplicaKey> key =
        idle.keySet().stream()
            .filter(candidate -> candidate.belongsTo(application, trialId))
            .min(
                Comparator.comparingLong((ReplicaKey candidate) -> -candidate.generation())
                    .thenComparing(candidate -> !gpu.equals(gpus.get(candidate)))
                    .thenComparingInt(ReplicaKey::rank));
    return key.map(
        claimed -> {
          GpuName placed = gpus.getOrDefault(claimed, GpuName.NONE);
          return new Lease(claimed, remove(claimed), placed);
        });
  }

  /** The replica has no user any more and waits for the next leg. */
  void keep(ReplicaKey key, Resident resident, GpuName gpu) {
    Optional<Resident> replaced;
    synchronized (this) {
      replaced = closed ? Optional.of(resident) : Optional.ofNullable(idle.put(key, resident));
      if (!closed) {
        gpus.put(key, gpu);
      }
    }
    replaced.filter(old -> old != resident || isClosed()).ifPresent(old -> close(key, old));
  }

  /** A task of this JVM got a seat. */
  synchronized void seated() {
    seatedTasks++;
  }

  synchronized void left() {
    seatedTasks--;
  }

  synchronized List<ReplicaKey> idle() {
    return List.copyOf(idle.keySet());
  }

  /** Closes the trial's idle replicas that are older than the generation. */
  void closeOlder(String application, String trialId, long generation) {
    closeIf(key -> key.belongsTo(application, trialId) && key.generation() < generation);
  }

  /** Closes those of the replicas that no task uses. */
  void close(Collection<ReplicaKey> keys) {
    closeIf(keys::contains);
  }

  /** Closes idle replicas, oldest first, until they and the seated tasks fit into the slots. */
  void makeRoom(int slots) {
    Map<ReplicaKey, Resident> surplus = new LinkedHashMap<>();
    synchronized (this) {
      while (slots > 0 && !idle.isEmpty() && idle.size() + seatedTasks > slots) {
        ReplicaKey oldest = idle.keySet().iterator().next();
        surplus.put(oldest, remove(oldest));
      }
    }
    surplus.forEach(Slots::close);
  }

  /** Closes all, now and in future. */
  void closeAll() {
    synchronized (this) {
      closed = true;
    }
    closeIf(key -> true);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void closeIf(Predicate<ReplicaKey> condition) {
    Map<ReplicaKey, Resident> chosen = new LinkedHashMap<>();
    synchronized (this) {
      for (ReplicaKey key : new ArrayList<>(idle.keySet())) {
        if (condition.test(key)) {
          chosen.put(key, remove(key));
        }
      }
    }
    chosen.forEach(Slots::close);
  }

  private Resident remove(ReplicaKey key) {
    Resident resident = idle.remove(key);
    gpus.remove(key);
    if (resident == null) {
      throw new IllegalStateException("Cannot take replica: " + key + " is not here");
    }
    return resident;
  }

  static void close(ReplicaKey key, Resident resident) {
    try {
      resident.close();
      LOG.info("Closed the replica of {}", key);
    } catch (Exception | LinkageError e) {
      LOG.warn("Cannot close the replica of {}", key, e);
    }
  }
}
