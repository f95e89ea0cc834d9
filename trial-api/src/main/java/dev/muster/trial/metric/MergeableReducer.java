package dev.muster.trial.metric;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * A reducer whose states merge: sums, counts, histograms. Spark's {@code treeAggregate} merges them
 * on the executors, so the reducer travels there: it must be serializable with all that it holds,
 * or the trial is refused before it trains.
 *
 * <p>Neighbours in rank order are merged, then neighbouring pairs, and so on: of five slots {@code
 * ((0 1)(2 3)) 4}. That tree is the same whatever the order in which the slots were done, so a
 * merge that is associative only up to rounding, such as a sum of doubles, gives the same bits in
 * each run. {@link #crossSlotReduce} merges in this order too.
 *
 * @param <S> what a slot gathers; travels by Java serialization, at most 1 GiB for all metrics of a
 *     slot
 */
public interface MergeableReducer<S extends Serializable> extends MetricReducer<S>, Serializable {
  /**
   * The state of all that {@code a} and {@code b} have seen. Called on executors or the driver, any
   * number of times. {@code merge(empty(), x)} must be {@code x}.
   *
   * @param a of the lower ranks; may be changed and returned
   * @param b of the higher ranks; not used afterwards
   */
  S merge(S a, S b);

  /**
   * The metric of the merged state. Called once in each validation, on the driver.
   *
   * @param merged of all slots; equal to {@link #empty()} when none had a batch
   */
  MetricValue result(S merged);

  @Override
  default MetricValue crossSlotReduce(List<S> perSlot) {
    List<S> level = perSlot;
    while (level.size() > 1) {
      List<S> next = new ArrayList<>();
      for (int i = 0; i < level.size(); i += 2) {
        next.add(i + 1 < level.size() ? merge(level.get(i), level.get(i + 1)) : level.get(i));
      }
      level = next;
    }
    return result(level.isEmpty() ? empty() : level.get(0));
  }
}
