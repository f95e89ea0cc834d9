package dev.muster.job.spark;

import dev.muster.job.cluster.ProcessTable;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkContext;
import org.awaitility.Awaitility;

/**
 * Counts examples, and does what its action says. {@code kill} and {@code killAll} use that the
 * driver reduces between two legs: after the first validation they kill the last executor of the
 * leg just over, or all of them ({@code killAll2}: after the second), and wait until Spark knows.
 * {@code pause} takes five seconds. {@code fault} throws in the first slot of a JVM that evaluates.
 */
final class GapReducer implements MetricReducer<Long> {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  static final String FAULT = "the user's reducer is wrong";

  private static final AtomicInteger VALIDATIONS = new AtomicInteger();
  private static final AtomicBoolean FAULTED = new AtomicBoolean();

  private final String action;

  GapReducer(String action) {
    this.action = action;
  }

  @Override
  public Long empty() {
    return 0L;
  }

  @Override
  public Long accumulate(Long soFar, BatchValues batch) {
    if (action.equals("fault") && FAULTED.compareAndSet(false, true)) {
      throw new IllegalStateException(FAULT);
    }
    return soFar + batch.value("y").longs().length;
  }

  @Override
  public MetricValue crossSlotReduce(List<Long> perSlot) {
    int validation = VALIDATIONS.incrementAndGet();
    if (validation == 1 && action.equals("pause")) {
      long start = System.nanoTime();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> System.nanoTime() - start > PAUSE.toNanos());
    }
    if (validation == (action.endsWith("2") ? 2 : 1) && action.startsWith("kill")) {
      List<String> executors = GangSpy.executorsOfLeg();
      Set<String> victims =
          new HashSet<>(
              action.equals("kill")
                  ? executors.subList(executors.size() - 1, executors.size())
                  : executors);
      victims.forEach(GapReducer::kill);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> GangSpy.removed().containsAll(victims));
    }
    return MetricValue.scalar(perSlot.stream().mapToLong(Long::longValue).sum());
  }

  private static void kill(String executor) {
    String application = SparkContext.getOrCreate().applicationId();
    List<ProcessTable.Jvm> jvms =
        ProcessTable.jvms("--app-id " + application).stream()
            .filter(jvm -> jvm.commandLine().contains("--executor-id " + executor + " "))
            .toList();
    if (jvms.size() != 1) {
      throw new IllegalStateException("Cannot kill executor " + executor + ": found " + jvms);
    }
    ProcessTable.kill(jvms.get(0).pid());
  }
}
