package dev.muster.trial.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;

/**
 * What a batch normalization may be told; filled in while {@link Layers#batchNormalization} is
 * called.
 */
public final class BatchNormalizationOptions {
  private double momentum = 0.99;
  private float epsilon = 1e-3f;
  private boolean scale = true;
  private boolean center = true;
  private boolean frozen;
  private boolean parametersTrained = true;
  private Initializer gammaInitializer = Initializer.ones();
  private Initializer betaInitializer = Initializer.zeros();

  BatchNormalizationOptions() {}

  /** The share of the old moving average in the new one, from 0 to below 1; 0.99 by default. */
  public BatchNormalizationOptions momentum(double momentum) {
    this.momentum = momentum;
    return this;
  }

  /** Added to the variance, above 0; 1e-3 by default. */
  public BatchNormalizationOptions epsilon(float epsilon) {
    this.epsilon = epsilon;
    return this;
  }

  /** Without the factor gamma, as before a linear layer; with it by default. */
  public BatchNormalizationOptions withoutScale() {
    scale = false;
    return this;
  }

  /** Without the addend beta; with it by default. */
  public BatchNormalizationOptions withoutCenter() {
    center = false;
    return this;
  }

  /** Gamma's initial value; ones by default. */
  public BatchNormalizationOptions gammaInitializer(Initializer initializer) {
    gammaInitializer = initializer;
    return this;
  }

  /** Beta's initial value; zeros by default. */
  public BatchNormalizationOptions betaInitializer(Initializer initializer) {
    betaInitializer = initializer;
    return this;
  }

  /**
   * With the moving averages in TRAIN too, which stay as they are; gamma and beta are not trained
   * either. What {@code trainable = False} is in Keras, for a layer that was trained before.
   */
  public BatchNormalizationOptions frozen() {
    frozen = true;
    parametersTrained = false;
    return this;
  }

  /**
   * With the moving averages in TRAIN too, which stay as they are; gamma and beta are trained. A
   * replica then computes what it would alone with the global batch.
   */
  public BatchNormalizationOptions frozenStatistics() {
    frozen = true;
    return this;
  }

  Operand<TFloat32> build(LayerScope layer, Operand<TFloat32> input) {
    Shape shape = layer.shape(input, 2, Integer.MAX_VALUE, "[batch, …, features]");
    Shape perFeature = Shape.of(layer.lastSize(shape, "features"));
    if (!(momentum >= 0 && momentum < 1)) {
      throw layer.wrong("expected a momentum from 0 to below 1, found " + momentum);
    }
    if (!(epsilon > 0)) {
      throw layer.wrong("expected an epsilon above 0, found " + epsilon);
    }
    Ops tf = layer.tf();
    Operand<TFloat32> one = tf.fill(tf.constant(perFeature.asArray()), tf.constant(1f));
    Operand<TFloat32> zero = tf.fill(tf.constant(perFeature.asArray()), tf.constant(0f));
    Operand<TFloat32> gamma = scale ? parameter(layer, "gamma", perFeature, gammaInitializer) : one;
    Operand<TFloat32> beta = center ? parameter(layer, "beta", perFeature, betaInitializer) : zero;
    String prefix = layer.name() + "/";
    Operand<TFloat32> movingMean =
        layer.variables().statistic(prefix + "moving_mean", perFeature, Initializer.zeros());
    Operand<TFloat32> movingVariance =
        layer.variables().statistic(prefix + "moving_variance", perFeature, Initializer.ones());
    if (frozen || !layer.training()) {
      return normalized(
          tf, input, tf.identity(movingMean), tf.identity(movingVariance), gamma, beta);
    }
    Moments batch =
        shape.numDimensions() == 4
            ? fused(tf, input, gamma, beta)
            : byFormula(tf, input, shape.numDimensions(), gamma, beta);
    layer
        .variables()
        .onStep(
            ops ->
                ops.withControlDependencies(
                        List.of(
                            update(ops, movingMean, batch.mean()),
                            update(ops, movingVariance, batch.variance())))
                    .noOp());
    return batch.normalized();
  }

  private Operand<TFloat32> parameter(
      LayerScope layer, String suffix, Shape shape, Initializer initializer) {
    return parametersTrained
        ? layer.trainable(suffix, shape, initializer, null)
        : layer
            .tf()
            .identity(layer.variables().statistic(layer.name() + "/" + suffix, shape, initializer));
  }

  /** A normalized batch and what the moving averages take from it. */
  private record Moments(
      Operand<TFloat32> normalized, Operand<TFloat32> mean, Operand<TFloat32> variance) {}

  /** Images: TensorFlow's own kernel, whose batch variance is the unbiased one, n - 1 below. */
  private Moments fused(
      Ops tf, Operand<TFloat32> input, Operand<TFloat32> gamma, Operand<TFloat32> beta) {
    Operand<TFloat32> none = tf.constant(new float[0]);
    FusedBatchNorm<TFloat32, TFloat32> result =
        tf.nn.fusedBatchNorm(
            input,
            gamma,
            beta,
            none,
            none,
            FusedBatchNorm.epsilon(epsilon),
            FusedBatchNorm.isTraining(true));
    return new Moments(
        result.y(), tf.stopGradient(result.batchMean()), tf.stopGradient(result.batchVariance()));
  }

  private Moments byFormula(
      Ops tf, Operand<TFloat32> input, int rank, Operand<TFloat32> gamma, Operand<TFloat32> beta) {
    int[] axes = new int[rank - 1];
    java.util.Arrays.setAll(axes, i -> i);
    Operand<TFloat32> mean = tf.math.mean(input, tf.constant(axes));
    // No gradient by this mean: the differences sum to zero, so that it would be none.
    Operand<TFloat32> variance =
        tf.math.mean(tf.math.squaredDifference(input, tf.stopGradient(mean)), tf.constant(axes));
    return new Moments(
        normalized(tf, input, mean, variance, gamma, beta),
        tf.stopGradient(mean),
        tf.stopGradient(variance));
  }

  private Operand<TFloat32> normalized(
      Ops tf,
      Operand<TFloat32> input,
      Operand<TFloat32> mean,
      Operand<TFloat32> variance,
      Operand<TFloat32> gamma,
      Operand<TFloat32> beta) {
    Operand<TFloat32> factor =
        tf.math.mul(tf.math.rsqrt(tf.math.add(variance, tf.constant(epsilon))), gamma);
    return tf.math.add(tf.math.mul(input, factor), tf.math.sub(beta, tf.math.mul(mean, factor)));
  }

  /** moving ← moving - (1 - momentum) (moving - batch). */
  private Op update(Ops ops, Operand<TFloat32> moving, Operand<TFloat32> batch) {
    Operand<TFloat32> difference = ops.math.sub(moving, batch);
    return ops.assignSub(moving, ops.math.mul(difference, ops.constant((float) (1 - momentum))));
  }
}
