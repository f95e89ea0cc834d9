package dev.muster.trial.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Losses: each a scalar, the mean over the batch. */
public final class Losses {
  private final Ops tf;

  /** Losses that add their ops by {@code tf}. */
  public Losses(Ops tf) {
    this.tf = tf;
  }

  /**
   * The cross entropy of the softmax of the logits with class indices.
   *
   * @param labels {@code [batch]}: indices from 0 to classes - 1
   * @param logits {@code [batch, classes]}, the number of classes known
   */
  public Operand<TFloat32> sparseSoftmaxCrossEntropy(
      Operand<TInt64> labels, Operand<TFloat32> logits) {
    int classes = Math.toIntExact(logits.asOutput().shape().get(1));
    // By one-hot labels, since TensorFlow Java has no gradient of the op for sparse labels.
    return softmaxCrossEntropy(
        tf.oneHot(labels, tf.constant(classes), tf.constant(1f), tf.constant(0f)), logits);
  }

  /**
   * The cross entropy of the softmax of the logits with distributions.
   *
   * @param labels {@code [batch, classes]}: each row sums to 1
   * @param logits {@code [batch, classes]}
   */
  public Operand<TFloat32> softmaxCrossEntropy(Operand<TFloat32> labels, Operand<TFloat32> logits) {
    return tf.math.mean(tf.nn.softmaxCrossEntropyWithLogits(logits, labels).loss(), tf.constant(0));
  }

  /**
   * The mean squared difference of all elements.
   *
   * @param labels any shape
   * @param predictions the same shape
   */
  public Operand<TFloat32> meanSquaredError(
      Operand<TFloat32> labels, Operand<TFloat32> predictions) {
    Operand<TFloat32> squares = tf.math.squaredDifference(predictions, labels);
    int[] axes = new int[squares.asOutput().shape().numDimensions()];
    java.util.Arrays.setAll(axes, i -> i);
    return tf.math.mean(squares, tf.constant(axes));
  }
}
