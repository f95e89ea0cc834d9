package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.function.ToDoubleBiFunction;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * The initial value of a variable: the same in every slot and process for the same seed.
 *
 * <p>Fans are counted as Keras counts them: of a kernel {@code [in, out]}, in and out; of a
 * convolution's {@code [height, width, in, out]}, height × width × in and height × width × out; of
 * a vector its length, for both.
 */
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

  /** One everywhere. */
  static Initializer ones() {
    return constant(1);
  }

  /**
   * Given values.
   *
   * @param values as many as the variable has elements, the last dimension fastest
   * @throws TrialException when the variable is created, if it has another number of elements
   */
  static Initializer values(float... values) {
    float[] copy = values.clone();
    return (tf, shape, seed) -> {
      if (shape.size() != copy.length) {
        throw new TrialException(
            "Cannot initialize a variable of shape "
                + shape
                + ": expected "
                + shape.size()
                + " values, found "
                + copy.length);
      }
      return tf.reshape(tf.constant(copy), tf.constant(shape.asArray()));
    };
  }

  /** Uniform from {@code low} (included) to {@code high} (excluded). */
  static Initializer randomUniform(float low, float high) {
    if (!(low < high)) {
      throw new TrialException(
          "Cannot draw uniformly from " + low + " to " + high + ": expected low below high");
    }
    return (tf, shape, seed) -> {
      Operand<TFloat32> unit =
          tf.random.statelessRandomUniform(
              tf.constant(shape.asArray()), key(tf, seed), TFloat32.class);
      return tf.math.add(tf.math.mul(unit, tf.constant(high - low)), tf.constant(low));
    };
  }

  /**
   * Normally distributed.
   *
   * @param mean of the distribution
   * @param deviation its standard deviation, above 0
   */
  static Initializer randomNormal(float mean, float deviation) {
    float checked = deviation(deviation);
    return (tf, shape, seed) ->
        scaled(
            tf,
            tf.random.statelessRandomNormal(
                tf.constant(shape.asArray()), key(tf, seed), TFloat32.class),
            mean,
            checked);
  }

  /**
   * Normally distributed, values beyond two deviations drawn again.
   *
   * @param mean of the distribution
   * @param deviation standard deviation before the truncation, above 0
   */
  static Initializer truncatedNormal(float mean, float deviation) {
    float checked = deviation(deviation);
    return (tf, shape, seed) -> truncated(tf, shape, seed, mean, checked);
  }

  /** Uniform in ±sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010). */
  static Initializer glorotUniform() {
    return uniformByFans((in, out) -> 6 / (in + out));
  }

  /** Truncated normal, of variance 2 / (fan in + fan out) (Glorot and Bengio, 2010). */
  static Initializer glorotNormal() {
    return normalByFans((in, out) -> 2 / (in + out));
  }

  /** Uniform in ±sqrt(6 / fan in) (He et al., 2015); suits ReLU. */
  static Initializer heUniform() {
    return uniformByFans((in, out) -> 6 / in);
  }

  /** Truncated normal, of variance 2 / fan in (He et al., 2015); suits ReLU. */
  static Initializer heNormal() {
    return normalByFans((in, out) -> 2 / in);
  }

  /** Uniform in ±sqrt(3 / fan in) (LeCun et al., 1998); suits SELU. */
  static Initializer lecunUniform() {
    return uniformByFans((in, out) -> 3 / in);
  }

  /** Truncated normal, of variance 1 / fan in (LeCun et al., 1998); suits SELU. */
  static Initializer lecunNormal() {
    return normalByFans((in, out) -> 1 / in);
  }

  private static Initializer uniformByFans(ToDoubleBiFunction<Double, Double> squaredLimit) {
    return (tf, shape, seed) -> {
      float limit = (float) Math.sqrt(byFans(shape, squaredLimit));
      Operand<TFloat32> unit =
          tf.random.statelessRandomUniform(
              tf.constant(shape.asArray()), key(tf, seed), TFloat32.class);
      return tf.math.mul(tf.math.sub(unit, tf.constant(0.5f)), tf.constant(2 * limit));
    };
  }

  private static Initializer normalByFans(ToDoubleBiFunction<Double, Double> variance) {
    // The deviation of a standard normal that is truncated at ±2.
    double truncatedDeviation = 0.87962566103423978;
    return (tf, shape, seed) ->
        truncated(
            tf, shape, seed, 0, (float) (Math.sqrt(byFans(shape, variance)) / truncatedDeviation));
  }

  private static double byFans(Shape shape, ToDoubleBiFunction<Double, Double> rule) {
    int rank = shape.numDimensions();
    double last = rank == 0 ? 1 : shape.get(rank - 1);
    double fanIn = rank < 2 ? last : shape.size() / last;
    double fanOut = rank < 2 ? last : shape.size() / (double) shape.get(rank - 2);
    return rule.applyAsDouble(fanIn, fanOut);
  }

  private static Operand<TFloat32> truncated(
      Ops tf, Shape shape, long seed, float mean, float deviation) {
    return scaled(
        tf,
        tf.random.statelessTruncatedNormal(
            tf.constant(shape.asArray()), key(tf, seed), TFloat32.class),
        mean,
        deviation);
  }

  private static Operand<TFloat32> scaled(
      Ops tf, Operand<TFloat32> standard, float mean, float deviation) {
    return tf.math.add(tf.math.mul(standard, tf.constant(deviation)), tf.constant(mean));
  }

  private static float deviation(float deviation) {
    if (!(deviation > 0) || Float.isInfinite(deviation)) {
      throw new TrialException(
          "Cannot draw with standard deviation "
              + deviation
              + ": expected a finite number above 0");
    }
    return deviation;
  }

  private static Operand<TInt64> key(Ops tf, long seed) {
    return tf.constant(new long[] {seed, 0x6d757374L});
  }
}
