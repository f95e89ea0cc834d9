package dev.muster.testkit;

import dev.muster.trial.metric.MetricValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metrics of one validation, reduced over all slots. Immutable.
 *
 * @param batches trained before it
 * @param metrics by name, {@code loss} among them
 */
public record Validation(long batches, Map<String, MetricValue> metrics) {
  /** Copies the metrics. */
  public Validation {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** The mean loss over all examples. */
  public double loss() {
    return scalar("loss");
  }

  /**
   * A metric that is one number.
   *
   * @throws IllegalArgumentException if there is none of this name, or it is another kind
   */
  public double scalar(String name) {
    if (value(name) instanceof MetricValue.Scalar scalar) {
      return scalar.value();
    }
    throw new IllegalArgumentException(
        "Cannot read metric '" + name + "' as one number: found " + value(name));
  }

  /**
   * A metric that is an array: its values in row-major order; {@link #metrics} has its shape.
   *
   * @throws IllegalArgumentException if there is none of this name, or it is another kind
   */
  public List<Double> array(String name) {
    if (value(name) instanceof MetricValue.Array array) {
      return array.values();
    }
    throw new IllegalArgumentException(
        "Cannot read metric '" + name + "' as an array: found " + value(name));
  }

  private MetricValue value(String name) {
    MetricValue value = metrics.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "Cannot read metric '" + name + "': there is none, found " + metrics.keySet());
    }
    return value;
  }
}
