package dev.muster.job.spark;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The registered executors. Thread-safe; written by Spark's listener bus. */
final class ExecutorTable implements Cluster {
  private record Executor(String host, int slots) {}

  private final Map<String, Executor> executors = new ConcurrentHashMap<>();
  private final int coresPerSlot;
  private final int most;

  /**
   * An empty table.
   *
   * @param most slots of an executor, however many cores it has
   */
  ExecutorTable(int coresPerSlot, int most) {
    this.most = most;
    this.coresPerSlot = Math.max(1, coresPerSlot);
  }

  void added(String executorId, String host, int cores) {
    executors.put(executorId, new Executor(host, Math.min(most, cores / coresPerSlot)));
  }

  void removed(String executorId) {
    executors.remove(executorId);
  }

  @Override
  public int slotsOf(String executorId) {
    Executor executor = executors.get(executorId);
    return executor == null ? 0 : executor.slots;
  }

  /** Where a task runs on this executor, in the form that Spark's scheduler reads. */
  Optional<String> location(String executorId) {
    return Optional.ofNullable(executors.get(executorId))
        .map(executor -> "executor_" + executor.host + "_" + executorId);
  }

  @Override
  public String describe() {
    int count = 0;
    int slots = 0;
    for (Executor executor : executors.values()) {
      count++;
      slots += executor.slots;
    }
    return "%d executor%s with %d slot%s in all registered"
        .formatted(count, count == 1 ? "" : "s", slots, slots == 1 ? "" : "s");
  }
}
