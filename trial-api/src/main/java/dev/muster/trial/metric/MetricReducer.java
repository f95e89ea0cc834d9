package dev.muster.trial.metric;

import java.io.Serializable;
import java.util.List;

/**
 * Turns the batches of all slots into one value. Stateless: nothing leaks from one validation to
 * the next, and a slot without a batch hands in {@link #empty()}.
 *
 * @param <S> what a slot gathers; travels by Java serialization, at most 1 MiB
 */
public interface MetricReducer<S extends Serializable> {
  /** The state before the first batch. */
  S empty();

  /**
   * The state after one more batch. Called once for each evaluation batch that has examples.
   *
   * @param soFar the state before the batch; may be changed and returned
   * @param batch heap copies of the metric's tensors
   */
  S accumulate(S soFar, BatchValues batch);

  /**
   * The metric. Called once in each validation, on the driver.
   *
   * @param perSlot the states of all slots; the index is the rank
   */
  MetricValue crossSlotReduce(List<S> perSlot);
}
