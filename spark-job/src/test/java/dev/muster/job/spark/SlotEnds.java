package dev.muster.job.spark;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Lets the slots of a leg in this JVM end in reverse order of their ranks. A slot has told the
 * driver all that it has to tell when its watcher has ended.
 */
final class SlotEnds {
  private static final List<Integer> RANKS = Collections.synchronizedList(new ArrayList<>());

  private SlotEnds() {}

  /** Returns when the slot of the next rank has ended; that of the last need not wait. */
  static void awaitNextRank(int trial, int rank) {
    String watcher = "muster-watcher-%d-%d".formatted(trial, rank + 1);
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals(watcher)));
    RANKS.add(rank);
  }

  /** The ranks in the order in which they went on; forgotten then. */
  static List<Integer> takeOrder() {
    synchronized (RANKS) {
      List<Integer> order = RANKS.stream().distinct().toList();
      RANKS.clear();
      return order;
    }
  }
}
