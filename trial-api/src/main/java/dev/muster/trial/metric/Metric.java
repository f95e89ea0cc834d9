package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TNumber;

/** Tensors of an EVAL graph and the reducer that makes one value of them. Immutable. */
public final class Metric {
  /** The name under which a metric of one tensor keeps it. */
  public static final String ONLY_VALUE = "value";

  private final Map<String, Operand<?>> values;
  private final MetricReducer<?> reducer;

  private Metric(Map<String, Operand<?>> values, MetricReducer<?> reducer) {
    this.values = values;
    this.reducer = reducer;
  }

  /** A metric of these tensors by this reducer. */
  public static Metric of(Map<String, ? extends Operand<?>> values, MetricReducer<?> reducer) {
    if (values.isEmpty()) {
      throw new TrialException("Cannot make a metric of no tensors");
    }
    return new Metric(
        Collections.unmodifiableMap(new LinkedHashMap<>(values)),
        Objects.requireNonNull(reducer, "reducer"));
  }

  /**
   * A scalar of each batch, averaged over all batches of all slots, weighted by their examples.
   *
   * @param name for messages
   * @param batchMean a scalar
   */
  public static Metric weightedMean(String name, Operand<? extends TNumber> batchMean) {
    Shape shape = batchMean.asOutput().shape();
    if (shape.isUnknown() || shape.numDimensions() != 0) {
      throw new TrialException(
          "Cannot average metric '"
              + name
              + "': expected a scalar, found shape "
              + shape
              + "; use context().makeMetric with a reducer");
    }
    return of(Map.of(ONLY_VALUE, batchMean), new MeanReducer(MeanReducer.Weight.EXAMPLES));
  }

  /** The tensors by name. */
  public Map<String, Operand<?>> values() {
    return values;
  }

  /** What makes one value of them. */
  public MetricReducer<?> reducer() {
    return reducer;
  }
}
