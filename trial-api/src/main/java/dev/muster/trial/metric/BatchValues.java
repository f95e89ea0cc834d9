package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A metric's tensors in one evaluation batch of one slot, copied to the heap. Immutable. */
public final class BatchValues implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int examples;
  private final TreeMap<String, HeapTensor> values;

  /**
   * The values of a batch.
   *
   * @param examples of the batch in this slot
   * @param values by name; those of a list by their indices {@code "0"}, {@code "1"} …
   */
  public BatchValues(int examples, Map<String, HeapTensor> values) {
    this.examples = examples;
    this.values = new TreeMap<>(values);
  }

  /** The examples of the batch. */
  public int examples() {
    return examples;
  }

  /** The names of the tensors. */
  public Set<String> names() {
    return new TreeSet<>(values.keySet());
  }

  /** The tensor of a metric that was made of one tensor. */
  public HeapTensor value() {
    return value(Metric.ONLY_VALUE);
  }

  /** The tensor at this index of a metric that was made of a list. */
  public HeapTensor value(int index) {
    return value(Integer.toString(index));
  }

  /** The tensor of this name. */
  public HeapTensor value(String name) {
    HeapTensor value = values.get(name);
    if (value == null) {
      throw new TrialException(
          "Cannot read '" + name + "': the metric was made of " + values.keySet());
    }
    return value;
  }
}
