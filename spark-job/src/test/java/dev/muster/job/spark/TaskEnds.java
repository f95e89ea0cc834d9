package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.TaskContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * Lets the tasks of a leg on three slots of {@code local[3]} end in reverse order of their ranks.
 * Made by Spark, by {@code spark.extraListeners}.
 */
public final class TaskEnds extends SparkListener {
  private static final int SLOTS = 3;
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Ended tasks by stage. Guarded by the class. */
  private static final Map<Integer, Integer> ENDED = new HashMap<>();

  /** The ranks that were let go on, in order. Guarded by the class. */
  private static final List<Integer> RANKS = new ArrayList<>();

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    synchronized (TaskEnds.class) {
      ENDED.merge(end.stageId(), 1, Integer::sum);
      TaskEnds.class.notifyAll();
    }
  }

  /** Returns when the tasks of all ranks above this one have ended. */
  static void awaitRanksAbove(int rank) {
    int stage = TaskContext.get().stageId();
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    synchronized (TaskEnds.class) {
      while (ENDED.getOrDefault(stage, 0) < SLOTS - 1 - rank) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new IllegalStateException("The tasks of the ranks above " + rank + " did not end");
        }
        try {
          TaskEnds.class.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
      }
      if (!RANKS.contains(rank)) {
        RANKS.add(rank);
      }
    }
  }

  /** The ranks in the order in which they were let go on; forgotten then. */
  static synchronized List<Integer> takeOrder() {
    List<Integer> order = List.copyOf(RANKS);
    RANKS.clear();
    ENDED.clear();
    return order;
  }
}
