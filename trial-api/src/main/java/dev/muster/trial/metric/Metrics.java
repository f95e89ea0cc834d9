package dev.muster.trial.metric;

import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/** Metrics that come with Muster, exact over slots with different numbers of examples. */
public final class Metrics {
  private final Ops tf;

  /** Metrics that add their ops by {@code tf}. */
  public Metrics(Ops tf) {
    this.tf = tf;
  }

  /**
   * The share of examples whose largest logit is at the label.
   *
   * @param labels {@code [batch]}: class indices
   * @param logits {@code [batch, classes]}: logits or scores
   */
  public Metric accuracy(Operand<TInt64> labels, Operand<TFloat32> logits) {
    Operand<TInt64> predicted = tf.math.argMax(logits, tf.constant(1));
    return mean(tf.dtypes.cast(tf.math.equal(predicted, labels), TFloat32.class));
  }

  /**
   * The mean of all elements of all batches.
   *
   * @param values any shape
   */
  public Metric mean(Operand<? extends TNumber> values) {
    return Metric.of(
        Map.of(Metric.ONLY_VALUE, values), new MeanReducer(MeanReducer.Weight.ELEMENTS));
  }
}
