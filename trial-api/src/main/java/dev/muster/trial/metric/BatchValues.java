package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import java.util.Map;
import java.util.TreeSet;

/** Heap copies of a metric's tensors in one evaluation batch of one slot. */
public final class BatchValues {
  private final int examples;
  private final Map<String, HeapTensor> values;

  /**
   * Values by name.
   *
   * @param examples the examples of the batch, at least 1
   * @param values the tensors by the names under which the metric was made
   */
  public BatchValues(int examples, Map<String, HeapTensor> values) {
    this.examples = examples;
    this.values = Map.copyOf(values);
  }

  /** The examples of the batch. */
  public int examples() {
    return examples;
  }

  /** The tensor of a metric that was made of one tensor. */
  public HeapTensor value() {
    return value(Metric.ONLY_VALUE);
  }

  /** The tensor of this name. */
  public HeapTensor value(String name) {
    HeapTensor value = values.get(name);
    if (value == null) {
      throw new TrialException(
          "Cannot read '" + name + "': the metric was made of " + new TreeSet<>(values.keySet()));
    }
    return value;
  }
}
