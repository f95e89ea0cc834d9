package dev.muster.trial.metric;

/** The value of a metric: a scalar or an array. Immutable. */
public sealed interface MetricValue {
  /** One number. */
  record Scalar(double value) implements MetricValue {}

  /** Several numbers. */
  record Vector(java.util.List<Double> values) implements MetricValue {
    /** Copies the list. */
    public Vector {
      values = java.util.List.copyOf(values);
    }
  }

  /** A scalar; NaN is allowed and counts as the worst for a searcher. */
  static MetricValue scalar(double value) {
    return new Scalar(value);
  }

  /** An array. */
  static MetricValue array(double... values) {
    return new Vector(java.util.Arrays.stream(values).boxed().toList());
  }
}
