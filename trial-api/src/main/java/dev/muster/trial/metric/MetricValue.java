package dev.muster.trial.metric;

import java.util.Arrays;
import java.util.List;

/** The value of a metric: a scalar, an array or a text. Immutable. */
public sealed interface MetricValue {
  /** One number. */
  record Scalar(double value) implements MetricValue {}

  /**
   * Several numbers, nested lists in {@code result.json}.
   *
   * @param shape the length of each dimension
   * @param values in row-major order, as many as the shape says
   */
  record Array(List<Integer> shape, List<Double> values) implements MetricValue {
    /** Copies the lists. */
    public Array {
      shape = List.copyOf(shape);
      values = List.copyOf(values);
      long size = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
      if (size != values.size() || shape.stream().anyMatch(length -> length < 0)) {
        throw new IllegalArgumentException(
            "Cannot make an array of shape " + shape + ": found " + values.size() + " values");
      }
    }
  }

  /** What is no number: kept as the chief saw it last. */
  record Text(String value) implements MetricValue {}

  /** A scalar; NaN is allowed and counts as the worst for a searcher. */
  static MetricValue scalar(double value) {
    return new Scalar(value);
  }

  /** An array of one dimension. */
  static MetricValue array(double... values) {
    return new Array(List.of(values.length), Arrays.stream(values).boxed().toList());
  }

  /**
   * An array of two dimensions.
   *
   * @param rows of the same length
   */
  static MetricValue matrix(double[][] rows) {
    return new Array(
        List.of(rows.length, rows.length == 0 ? 0 : rows[0].length),
        Arrays.stream(rows).flatMapToDouble(Arrays::stream).boxed().toList());
  }

  /** A text; a searcher cannot use it. */
  static MetricValue text(String value) {
    return new Text(value);
  }
}
