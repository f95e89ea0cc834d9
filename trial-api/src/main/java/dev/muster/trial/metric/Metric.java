package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TNumber;

/** Tensors of an EVAL graph and the reducer that makes one value of them. Immutable. */
public final class Metric {
  /** The name under which a metric of one tensor keeps it. */
  public static final String ONLY_VALUE = "value";

  private final Map<String, Operand<?>> values;
  private final MetricReducer<?> reducer;
  private final @Nullable Boolean scalar;

  private Metric(
      Map<String, ? extends Operand<?>> values,
      MetricReducer<?> reducer,
      @Nullable Boolean scalar) {
    if (values.isEmpty()) {
      throw new TrialException("Cannot make a metric of no tensors");
    }
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    this.reducer = Objects.requireNonNull(reducer, "reducer");
    this.scalar = scalar;
  }

  /** A metric of these tensors by this reducer. */
  public static Metric of(Map<String, ? extends Operand<?>> values, MetricReducer<?> reducer) {
    return new Metric(values, reducer, null);
  }

  /** A metric of these tensors by this reducer, named {@code "0"}, {@code "1"} … in their order. */
  public static Metric of(List<? extends Operand<?>> values, MetricReducer<?> reducer) {
    return of(byIndex(values), reducer);
  }

  /** A metric of these tensors by a function of all batches. */
  public static Metric of(Map<String, ? extends Operand<?>> values, ReducerFunction function) {
    return of(values, new FunctionReducer(Objects.requireNonNull(function, "function")));
  }

  /** A metric of these tensors by a function of all batches. */
  public static Metric of(List<? extends Operand<?>> values, ReducerFunction function) {
    return of(byIndex(values), function);
  }

  private static Map<String, Operand<?>> byIndex(List<? extends Operand<?>> values) {
    Map<String, Operand<?>> byIndex = new LinkedHashMap<>();
    for (Operand<?> value : values) {
      byIndex.put(Integer.toString(byIndex.size()), value);
    }
    return byIndex;
  }

  /** A metric of Muster's own that yields a scalar. */
  static Metric scalar(Map<String, ? extends Operand<?>> values, MetricReducer<?> reducer) {
    return new Metric(values, reducer, true);
  }

  /** A metric of Muster's own that yields an array, which no searcher can use. */
  static Metric array(Map<String, ? extends Operand<?>> values, MetricReducer<?> reducer) {
    return new Metric(values, reducer, false);
  }

  /**
   * A scalar of each batch, averaged over all batches of all slots, weighted by their examples. A
   * NaN in one of them makes the metric NaN.
   *
   * @param name for messages
   * @param batchMean a scalar
   */
  public static Metric weightedMean(String name, Operand<? extends TNumber> batchMean) {
    return scalar(
        Map.of(ONLY_VALUE, checkScalar("average", name, batchMean)),
        new MeanReducer(MeanReducer.Weight.EXAMPLES));
  }

  /**
   * A scalar of each batch, of which the last batch of the chief is kept: of the lowest rank, that
   * is, that had a batch at all. The metric is a {@link MetricValue.Text}.
   *
   * @param name for messages
   * @param value a scalar, usually a string
   */
  public static Metric lastOfChief(String name, Operand<?> value) {
    return array(Map.of(ONLY_VALUE, checkScalar("keep", name, value)), new LastValueReducer());
  }

  private static Operand<?> checkScalar(String verb, String name, Operand<?> value) {
    Shape shape = value.asOutput().shape();
    if (shape.isUnknown() || shape.numDimensions() != 0) {
      throw new TrialException(
          "Cannot "
              + verb
              + " metric '"
              + name
              + "': expected a scalar, found shape "
              + shape
              + "; use context().makeMetric with a reducer");
    }
    return value;
  }

  /** The tensors by name. */
  public Map<String, Operand<?>> values() {
    return values;
  }

  /** What makes one value of them. */
  public MetricReducer<?> reducer() {
    return reducer;
  }

  /**
   * Whether the value will be one number, as a searcher needs it; empty where only the reducer
   * knows.
   */
  public Optional<Boolean> isScalar() {
    return Optional.ofNullable(scalar);
  }
}
