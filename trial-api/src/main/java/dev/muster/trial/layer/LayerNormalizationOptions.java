package dev.muster.trial.layer;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * What a layer normalization may be told; filled in while {@link Layers#layerNormalization} is
 * called.
 */
public final class LayerNormalizationOptions {
  private float epsilon = 1e-3f;
  private boolean scale = true;
  private boolean center = true;
  private Initializer gammaInitializer = Initializer.ones();
  private Initializer betaInitializer = Initializer.zeros();

  LayerNormalizationOptions() {}

  /** Added to the variance, above 0; 1e-3 by default. */
  public LayerNormalizationOptions epsilon(float epsilon) {
    this.epsilon = epsilon;
    return this;
  }

  /** Without the factor gamma; with it by default. */
  public LayerNormalizationOptions withoutScale() {
    scale = false;
    return this;
  }

  /** Without the addend beta; with it by default. */
  public LayerNormalizationOptions withoutCenter() {
    center = false;
    return this;
  }

  /** Gamma's initial value; ones by default. */
  public LayerNormalizationOptions gammaInitializer(Initializer initializer) {
    gammaInitializer = initializer;
    return this;
  }

  /** Beta's initial value; zeros by default. */
  public LayerNormalizationOptions betaInitializer(Initializer initializer) {
    betaInitializer = initializer;
    return this;
  }

  Operand<TFloat32> build(LayerScope layer, Operand<TFloat32> input) {
    Shape shape = layer.shape(input, 2, Integer.MAX_VALUE, "[batch, …, features]");
    Shape perFeature = Shape.of(layer.lastSize(shape, "features"));
    if (!(epsilon > 0)) {
      throw layer.wrong("expected an epsilon above 0, found " + epsilon);
    }
    Ops tf = layer.tf();
    Operand<TInt32> last = tf.constant(new int[] {shape.numDimensions() - 1});
    Operand<TFloat32> mean = tf.math.mean(input, last, Mean.keepDims(true));
    Operand<TFloat32> centred = tf.math.sub(input, mean);
    Operand<TFloat32> variance = tf.math.mean(tf.math.square(centred), last, Mean.keepDims(true));
    Operand<TFloat32> outputs =
        tf.math.mul(centred, tf.math.rsqrt(tf.math.add(variance, tf.constant(epsilon))));
    if (scale) {
      outputs = tf.math.mul(outputs, layer.trainable("gamma", perFeature, gammaInitializer, null));
    }
    if (center) {
      outputs = tf.math.add(outputs, layer.trainable("beta", perFeature, betaInitializer, null));
    }
    return outputs;
  }
}
