package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A penalty on a layer's weights. Nothing adds it to the loss but the model function itself, by
 * {@code tf.math.add(loss, m.regularization())}.
 */
@FunctionalInterface
public interface Regularizer {
  /**
   * Adds the ops of the penalty.
   *
   * @param tf the graph's ops
   * @param weights the variable's value, any shape
   * @return a scalar
   */
  Operand<TFloat32> penalty(Ops tf, Operand<TFloat32> weights);

  /**
   * factor × Σ |w|, as {@code tf.keras.regularizers.L1}.
   *
   * @param factor at least 0
   */
  static Regularizer l1(float factor) {
    float checked = checked(factor);
    return (tf, weights) -> sum(tf, checked, tf.math.abs(weights));
  }

  /**
   * factor × Σ w², as {@code tf.keras.regularizers.L2}: twice what {@code l2_loss} gives.
   *
   * @param factor at least 0
   */
  static Regularizer l2(float factor) {
    float checked = checked(factor);
    return (tf, weights) -> sum(tf, checked, tf.math.square(weights));
  }

  /** The sum of {@link #l1} and {@link #l2}. */
  static Regularizer l1l2(float factorOfL1, float factorOfL2) {
    Regularizer l1 = l1(factorOfL1);
    Regularizer l2 = l2(factorOfL2);
    return (tf, weights) -> tf.math.add(l1.penalty(tf, weights), l2.penalty(tf, weights));
  }

  private static float checked(float factor) {
    if (!(factor >= 0) || Float.isInfinite(factor)) {
      throw new TrialException(
          "Cannot regularize by factor " + factor + ": expected a finite number, at least 0");
    }
    return factor;
  }

  private static Operand<TFloat32> sum(Ops tf, float factor, Operand<TFloat32> terms) {
    Operand<TFloat32> flat = tf.reshape(terms, tf.constant(new int[] {-1}));
    return tf.math.mul(tf.constant(factor), tf.reduceSum(flat, tf.constant(0)));
  }
}
