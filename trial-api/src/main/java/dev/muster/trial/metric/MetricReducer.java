package dev.muster.trial.metric;

import java.io.Serializable;
import java.util.List;

/**
 * Turns the batches of all slots into one value. Stateless: nothing leaks from one validation to
 * the next, and a slot without a batch hands in {@link #empty()}.
 *
 * <p>Where two states can be made one, a {@link MergeableReducer} is less to write and lets Spark's
 * executors do the merging. Where all that is needed is a function of all batches, see {@link
 * ReducerFunction}.
 *
 * @param <S> what a slot gathers; travels by Java serialization, at most 1 GiB for all metrics of a
 *     slot, and through the driver's memory
 */
public interface MetricReducer<S extends Serializable> {
  /** The state before the first batch; a new one for each validation. */
  S empty();

  /**
   * The state after one more batch. Called once for each evaluation batch that has examples, on the
   * thread that evaluates.
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
