package dev.muster.trial.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** What a layer applies to its outputs: element by element, but for {@link #SOFTMAX}. */
public enum Activation {
  /** The identity. */
  LINEAR,
  /** max(x, 0). */
  RELU,
  /** min(max(x, 0), 6). */
  RELU6,
  /** x above 0, else 0.2 x, as {@code tf.nn.leaky_relu}. */
  LEAKY_RELU,
  /** x above 0, else exp(x) - 1 (Clevert et al., 2016). */
  ELU,
  /** 1.0507 x above 0, else 1.7581 (exp(x) - 1) (Klambauer et al., 2017). */
  SELU,
  /**
   * x Φ(x) with the normal distribution's Φ, by erf, not its tanh approximation (Hendrycks and
   * Gimpel, 2016).
   */
  GELU,
  /** x sigmoid(x), also called SiLU (Ramachandran et al., 2017). */
  SWISH,
  /** ln(1 + exp(x)). */
  SOFTPLUS,
  /** x / (1 + |x|). */
  SOFTSIGN,
  /** 1 / (1 + exp(-x)). */
  SIGMOID,
  /** The hyperbolic tangent. */
  TANH,
  /** exp(x) over its sum along the last dimension. */
  SOFTMAX;

  /**
   * Adds the op of the activation.
   *
   * @param tf the graph's ops
   * @param x any shape; of rank 1 or more for {@link #SOFTMAX}
   */
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
    return switch (this) {
      case LINEAR -> x;
      case RELU -> tf.nn.relu(x);
      case RELU6 -> tf.nn.relu6(x);
      case LEAKY_RELU -> tf.nn.leakyRelu(x, org.tensorflow.op.nn.LeakyRelu.alpha(0.2f));
      case ELU -> tf.nn.elu(x);
      case SELU -> tf.nn.selu(x);
      case GELU -> gelu(tf, x);
      case SWISH -> tf.math.mul(x, tf.math.sigmoid(x));
      case SOFTPLUS -> tf.math.softplus(x);
      case SOFTSIGN -> tf.nn.softsign(x);
      case SIGMOID -> tf.math.sigmoid(x);
      case TANH -> tf.math.tanh(x);
      case SOFTMAX -> tf.nn.softmax(x);
    };
  }

  private static Operand<TFloat32> gelu(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> erf = tf.math.erf(tf.math.mul(x, tf.constant((float) Math.sqrt(0.5))));
    return tf.math.mul(tf.math.mul(x, tf.constant(0.5f)), tf.math.add(erf, tf.constant(1f)));
  }
}
