package dev.muster.trial.layer;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The initial value of a variable: the same in every slot and process for the same seed. */
@FunctionalInterface
public interface Initializer {
  /**
   * Adds the ops of the initial value.
   *
   * @param tf the graph's ops
   * @param shape of the variable
   * @param seed drawn from the trial's seed and the variable's name
   */
  Operand<TFloat32> value(Ops tf, Shape shape, long seed);

  /** The same value everywhere. */
  static Initializer constant(float value) {
    return (tf, shape, seed) -> tf.fill(tf.constant(shape.asArray()), tf.constant(value));
  }

  /** Zero everywhere. */
  static Initializer zeros() {
    return constant(0);
  }

  /**
   * Uniform in ±sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010); the last dimension is the
   * fan out, the product of the others the fan in.
   */
  static Initializer glorotUniform() {
    return (tf, shape, seed) -> {
      int rank = shape.numDimensions();
      long fanOut = rank == 0 ? 1 : shape.get(rank - 1);
      long fanIn = rank < 2 ? fanOut : shape.size() / fanOut;
      float limit = (float) Math.sqrt(6.0 / (fanIn + fanOut));
      Operand<TFloat32> unit =
          tf.random.statelessRandomUniform(
              tf.constant(shape.asArray()),
              tf.constant(new long[] {seed, 0x6d757374L}),
              TFloat32.class);
      return tf.math.mul(tf.math.sub(unit, tf.constant(0.5f)), tf.constant(2 * limit));
    };
  }
}
