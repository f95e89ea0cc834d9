package dev.muster.trial.metric;

import java.util.List;

/**
 * A metric as a function of all evaluation batches, for what fits into memory: every slot keeps the
 * values of its batches, and the driver gets them all. Usually a lambda:
 *
 * <pre>{@code
 * context().makeMetric(label, batches ->
 *     MetricValue.scalar(batches.stream().mapToDouble(batch -> batch.value().sum()).sum()))
 * }</pre>
 *
 * <p>A {@link MergeableReducer} needs no more memory than its state.
 */
@FunctionalInterface
public interface ReducerFunction {
  /**
   * The metric. Called once in each validation, on the driver.
   *
   * @param batches the values of all batches: those of slot 0 in its order, then those of slot 1,
   *     and so on; empty when there was none. At most 1 GiB a slot.
   */
  MetricValue reduce(List<BatchValues> batches);
}
