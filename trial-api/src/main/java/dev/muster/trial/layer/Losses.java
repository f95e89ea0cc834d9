package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TIntegral;

/**
 * Losses: each a float32 scalar, the mean over the batch's records; where a record has several
 * elements, the mean of those first.
 *
 * <p>Muster weighs each slot's gradients by its records, so that a mean over the batch trains as
 * the mean over the global batch would.
 */
public final class Losses {
  private final Ops tf;
  private final @Nullable Operand<TFloat32> weights;
  private final boolean summed;

  /** Losses that add their ops by {@code tf}. */
  public Losses(Ops tf) {
    this(tf, null, false);
  }

  private Losses(Ops tf, @Nullable Operand<TFloat32> weights, boolean summed) {
    this.tf = tf;
    this.weights = weights;
    this.summed = summed;
  }

  /**
   * Losses in which each record's loss is multiplied by a weight. The sum is still divided by the
   * number of records, not by the sum of the weights, as {@code SUM_OVER_BATCH_SIZE} in Keras: only
   * so does the mean over slots equal the loss of the global batch.
   *
   * @param weights {@code [batch]}
   */
  public Losses weightedBy(Operand<TFloat32> weights) {
    int rank = weights.asOutput().shape().numDimensions();
    if (rank != 1) {
      throw new TrialException(
          "Cannot weigh losses: expected weights of shape [batch], found "
              + LayerScope.text(weights.asOutput().shape()));
    }
    return new Losses(tf, weights, summed);
  }

  /**
   * Losses that are the sum over the batch's records instead of their mean. On several slots the
   * gradients of the sums are averaged: choose the learning rate accordingly.
   */
  public Losses summed() {
    return new Losses(tf, weights, true);
  }

  /**
   * The cross entropy of the softmax of the logits with class indices. An index without a class
   * fails the step.
   *
   * @param labels {@code [batch, …]}: indices from 0 to classes - 1
   * @param logits {@code [batch, …, classes]}, the number of classes known
   */
  public Operand<TFloat32> sparseSoftmaxCrossEntropy(
      Operand<? extends TIntegral> labels, Operand<TFloat32> logits) {
    Shape shape = logits.asOutput().shape();
    Shape indices = labels.asOutput().shape();
    int rank = shape.numDimensions();
    if (rank < 2 || shape.get(rank - 1) == Shape.UNKNOWN_SIZE) {
      throw wrong(
          "sparseSoftmaxCrossEntropy",
          "logits of shape [batch, …, classes]",
          LayerScope.text(shape));
    }
    if (indices.numDimensions() != rank - 1) {
      throw wrong(
          "sparseSoftmaxCrossEntropy",
          "labels of one dimension less than the logits " + LayerScope.text(shape),
          LayerScope.text(indices));
    }
    int classes = Math.toIntExact(shape.get(rank - 1));
    Operand<TInt64> wide = tf.dtypes.cast(labels, TInt64.class);
    Operand<TBool> inside =
        tf.math.logicalAnd(
            tf.math.greaterEqual(wide, tf.constant(0L)),
            tf.math.less(wide, tf.constant((long) classes)));
    Ops checked =
        tf.withControlDependencies(
            List.of(
                tf.assertThat(
                    tf.reduceAll(inside, axes(0, rank - 1)),
                    List.of(
                        tf.constant("a label is not from 0 to " + (classes - 1) + "; labels:"),
                        wide))));
    // By one-hot labels, since TensorFlow Java has no gradient of the op for sparse labels.
    return softmaxCrossEntropy(
        tf.oneHot(checked.identity(wide), tf.constant(classes), tf.constant(1f), tf.constant(0f)),
        logits);
  }

  /**
   * The cross entropy of the softmax of the logits with distributions.
   *
   * @param labels {@code [batch, …, classes]}: each row sums to 1
   * @param logits the same shape
   */
  public Operand<TFloat32> softmaxCrossEntropy(Operand<TFloat32> labels, Operand<TFloat32> logits) {
    Shape shape = checked("softmaxCrossEntropy", labels, logits);
    int rank = shape.numDimensions();
    if (rank < 2 || shape.get(rank - 1) == Shape.UNKNOWN_SIZE) {
      throw wrong(
          "softmaxCrossEntropy", "logits of shape [batch, …, classes]", LayerScope.text(shape));
    }
    if (rank == 2) {
      return reduced(tf.nn.softmaxCrossEntropyWithLogits(logits, labels).loss(), 1);
    }
    Operand<TInt64> rows = tf.constant(new long[] {-1, shape.get(rank - 1)});
    Operand<TFloat32> flat =
        tf.nn
            .softmaxCrossEntropyWithLogits(tf.reshape(logits, rows), tf.reshape(labels, rows))
            .loss();
    Operand<TFloat32> perPlace =
        tf.reshape(
            flat,
            tf.slice(
                tf.shape(logits), tf.constant(new int[] {0}), tf.constant(new int[] {rank - 1})));
    return reduced(perPlace, rank - 1);
  }

  /**
   * Labels moved towards the uniform distribution: labels × (1 - smoothing) + smoothing / classes
   * (Szegedy et al., 2016).
   *
   * @param labels {@code [batch, …, classes]}, the number of classes known
   * @param smoothing from 0 to below 1
   */
  public Operand<TFloat32> smoothed(Operand<TFloat32> labels, float smoothing) {
    Shape shape = labels.asOutput().shape();
    int rank = shape.numDimensions();
    if (rank < 2 || shape.get(rank - 1) == Shape.UNKNOWN_SIZE) {
      throw wrong("smoothed", "labels of shape [batch, …, classes]", LayerScope.text(shape));
    }
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw wrong("smoothed", "a smoothing from 0 to below 1", Float.toString(smoothing));
    }
    return tf.math.add(
        tf.math.mul(labels, tf.constant(1 - smoothing)),
        tf.constant(smoothing / shape.get(rank - 1)));
  }

  /**
   * The cross entropy of the sigmoid of the logits with probabilities, for each element alone: for
   * binary labels, and for several labels a record.
   *
   * @param labels any shape of rank 1 or more, {@code [batch, …]}: from 0 to 1
   * @param logits the same shape
   */
  public Operand<TFloat32> sigmoidCrossEntropy(Operand<TFloat32> labels, Operand<TFloat32> logits) {
    int rank = checked("sigmoidCrossEntropy", labels, logits).numDimensions();
    // z softplus(-x) + (1 - z) softplus(x): finite for any x, and its gradient is right at 0.
    Operand<TFloat32> ifTrue = tf.math.mul(labels, tf.math.softplus(tf.math.neg(logits)));
    Operand<TFloat32> ifFalse =
        tf.math.mul(tf.math.sub(tf.constant(1f), labels), tf.math.softplus(logits));
    return reduced(tf.math.add(ifTrue, ifFalse), rank);
  }

  /**
   * The mean of (prediction - label)².
   *
   * @param labels any shape of rank 1 or more, {@code [batch, …]}
   * @param predictions the same shape
   */
  public Operand<TFloat32> meanSquaredError(
      Operand<TFloat32> labels, Operand<TFloat32> predictions) {
    int rank = checked("meanSquaredError", labels, predictions).numDimensions();
    return reduced(tf.math.squaredDifference(predictions, labels), rank);
  }

  /**
   * The mean of |prediction - label|.
   *
   * @param labels any shape of rank 1 or more, {@code [batch, …]}
   * @param predictions the same shape
   */
  public Operand<TFloat32> meanAbsoluteError(
      Operand<TFloat32> labels, Operand<TFloat32> predictions) {
    int rank = checked("meanAbsoluteError", labels, predictions).numDimensions();
    return reduced(tf.math.abs(tf.math.sub(predictions, labels)), rank);
  }

  /**
   * e² / 2 for errors |e| up to delta, delta (|e| - delta / 2) beyond (Huber, 1964).
   *
   * @param labels any shape of rank 1 or more, {@code [batch, …]}
   * @param predictions the same shape
   * @param delta above 0
   */
  public Operand<TFloat32> huber(
      Operand<TFloat32> labels, Operand<TFloat32> predictions, float delta) {
    int rank = checked("huber", labels, predictions).numDimensions();
    if (!(delta > 0) || Float.isInfinite(delta)) {
      throw wrong("huber", "a finite delta above 0", Float.toString(delta));
    }
    Operand<TFloat32> error = tf.math.abs(tf.math.sub(predictions, labels));
    Operand<TFloat32> quadratic = tf.math.minimum(error, tf.constant(delta));
    Operand<TFloat32> linear = tf.math.sub(error, quadratic);
    return reduced(
        tf.math.add(
            tf.math.mul(tf.constant(0.5f), tf.math.square(quadratic)),
            tf.math.mul(tf.constant(delta), linear)),
        rank);
  }

  /**
   * max(0, 1 - s x), where s is 1 for label 1 and -1 for label 0.
   *
   * @param labels any shape of rank 1 or more, {@code [batch, …]}: 0 or 1
   * @param logits the same shape
   */
  public Operand<TFloat32> hinge(Operand<TFloat32> labels, Operand<TFloat32> logits) {
    int rank = checked("hinge", labels, logits).numDimensions();
    Operand<TFloat32> signs = tf.math.sub(tf.math.mul(tf.constant(2f), labels), tf.constant(1f));
    return reduced(tf.nn.relu(tf.math.sub(tf.constant(1f), tf.math.mul(signs, logits))), rank);
  }

  private Shape checked(String loss, Operand<?> labels, Operand<?> predictions) {
    Shape expected = predictions.asOutput().shape();
    Shape found = labels.asOutput().shape();
    if (expected.isUnknown() || expected.numDimensions() < 1) {
      throw wrong(loss, "predictions of shape [batch, …]", LayerScope.text(expected));
    }
    // Else the shapes would be broadcast: [batch] with [batch, 1] gives [batch, batch].
    if (!expected.isCompatibleWith(found) || found.isUnknown()) {
      throw wrong(
          loss,
          "labels of the predictions' shape " + LayerScope.text(expected),
          LayerScope.text(found));
    }
    return expected;
  }

  private static TrialException wrong(String loss, String expected, String found) {
    return new TrialException(
        "Cannot build loss " + loss + ": expected " + expected + ", found " + found);
  }

  /** The mean of each record's elements, weighted, then the mean or sum over the records. */
  private Operand<TFloat32> reduced(Operand<TFloat32> elements, int rank) {
    Operand<TFloat32> perRecord = rank == 1 ? elements : tf.math.mean(elements, axes(1, rank));
    Operand<TFloat32> weighted = weights == null ? perRecord : tf.math.mul(perRecord, weights);
    return summed ? tf.reduceSum(weighted, tf.constant(0)) : tf.math.mean(weighted, tf.constant(0));
  }

  private Operand<TInt32> axes(int from, int to) {
    int[] axes = new int[to - from];
    Arrays.setAll(axes, i -> from + i);
    return tf.constant(axes);
  }
}
