package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import java.util.Arrays;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * A learning rate: a number, an operand, or a schedule of the global step, which is the number of
 * batches that were trained before the present one. Schedules are computed in float64, so that they
 * stay exact at any step, and follow the formulas of {@code tf.compat.v1.train}. Immutable.
 */
public final class LearningRate {
  /** The rate at a step, both as float64 scalars. */
  @FunctionalInterface
  private interface Schedule {
    Operand<TFloat64> at(Ops tf, Operand<TFloat64> step);
  }

  /** The rate as it is used. */
  @FunctionalInterface
  private interface Rate {
    Operand<TFloat32> at(Ops tf, Operand<TInt64> step);
  }

  private final String description;
  private final Rate rate;

  private LearningRate(String description, Rate rate) {
    this.description = description;
    this.rate = rate;
  }

  private static LearningRate schedule(String description, Schedule schedule) {
    return new LearningRate(
        description,
        (tf, step) ->
            tf.dtypes.cast(schedule.at(tf, tf.dtypes.cast(step, TFloat64.class)), TFloat32.class));
  }

  /**
   * The same rate at every step.
   *
   * @param rate above 0
   */
  public static LearningRate constant(float rate) {
    Checks.positive("learning rate", rate);
    return new LearningRate("constant(" + rate + ")", (tf, step) -> tf.constant(rate));
  }

  /**
   * A rate that the model computes.
   *
   * @param rate a float32 scalar of the model's graph, which depends on no feature and no label
   *     (its value goes into checkpoints); variables that it depends on are read before the update
   */
  public static LearningRate of(Operand<TFloat32> rate) {
    String name = rate.asOutput().op().name();
    if (rate.asOutput().shape().numDimensions() != 0) {
      throw new TrialException(
          "Cannot use learning rate '"
              + name
              + "': expected a scalar, found shape "
              + rate.asOutput().shape());
    }
    return new LearningRate("operand(" + name + ")", (tf, step) -> rate);
  }

  /**
   * initial × decayRate^(step / decaySteps), step by step.
   *
   * @param initial above 0
   * @param decaySteps above 0
   * @param decayRate above 0
   */
  public static LearningRate exponentialDecay(float initial, long decaySteps, float decayRate) {
    return exponential("exponentialDecay", initial, decaySteps, decayRate, false);
  }

  /**
   * initial × decayRate^⌊step / decaySteps⌋: constant for {@code decaySteps}, then lower.
   *
   * @param initial above 0
   * @param decaySteps above 0
   * @param decayRate above 0
   */
  public static LearningRate staircaseDecay(float initial, long decaySteps, float decayRate) {
    return exponential("staircaseDecay", initial, decaySteps, decayRate, true);
  }

  private static LearningRate exponential(
      String name, float initial, long decaySteps, float decayRate, boolean staircase) {
    Checks.positive("learning rate", initial);
    Checks.positive("decay rate", decayRate);
    Checks.steps("decay steps", decaySteps);
    return schedule(
        name + "(" + initial + ", " + decaySteps + ", " + decayRate + ")",
        (tf, step) -> {
          Operand<TFloat64> periods = tf.math.div(step, tf.constant((double) decaySteps));
          return tf.math.mul(
              number(tf, initial),
              tf.math.pow(number(tf, decayRate), staircase ? tf.math.floor(periods) : periods));
        });
  }

  /**
   * values[0] up to and including step boundaries[0], then values[1] up to and including
   * boundaries[1], …: as {@code tf.compat.v1.train.piecewise_constant}.
   *
   * @param boundaries rising
   * @param values each above 0, one more than boundaries
   */
  public static LearningRate piecewiseConstant(long[] boundaries, float[] values) {
    long[] ends = boundaries.clone();
    float[] rates = values.clone();
    if (rates.length != ends.length + 1) {
      throw new TrialException(
          "Cannot use a piecewise constant learning rate: expected one value more than boundaries,"
              + " found "
              + rates.length
              + " values and "
              + ends.length
              + " boundaries");
    }
    for (int i = 1; i < ends.length; i++) {
      if (ends[i] <= ends[i - 1]) {
        throw new TrialException(
            "Cannot use a piecewise constant learning rate: its boundaries do not rise, found "
                + Arrays.toString(ends));
      }
    }
    for (float rate : rates) {
      Checks.positive("learning rate", rate);
    }
    return schedule(
        "piecewiseConstant(" + Arrays.toString(ends) + ", " + Arrays.toString(rates) + ")",
        (tf, step) -> {
          Operand<TFloat64> rate = number(tf, rates[ends.length]);
          for (int i = ends.length - 1; i >= 0; i--) {
            rate =
                tf.select(
                    tf.math.lessEqual(step, tf.constant((double) ends[i])),
                    number(tf, rates[i]),
                    rate);
          }
          return rate;
        });
  }

  /**
   * (initial - end) × (1 - s / decaySteps)^power + end with s = min(step, decaySteps).
   *
   * @param initial above 0
   * @param decaySteps above 0
   * @param end from 0: what the rate stays at
   * @param power above 0; 1 is linear
   */
  public static LearningRate polynomialDecay(
      float initial, long decaySteps, float end, float power) {
    Checks.positive("learning rate", initial);
    Checks.steps("decay steps", decaySteps);
    Checks.notNegative("end", end);
    Checks.positive("power", power);
    return schedule(
        "polynomialDecay(" + initial + ", " + decaySteps + ", " + end + ", " + power + ")",
        (tf, step) ->
            tf.math.add(
                tf.math.mul(
                    number(tf, (double) initial - end),
                    tf.math.pow(
                        tf.math.sub(number(tf, 1), progress(tf, step, decaySteps)),
                        number(tf, power))),
                number(tf, end)));
  }

  /** A {@link #cosineDecay(float, long, float)} to 0. */
  public static LearningRate cosineDecay(float initial, long decaySteps) {
    return cosineDecay(initial, decaySteps, 0);
  }

  /**
   * initial × ((1 - alpha) × (1 + cos(π s / decaySteps)) / 2 + alpha) with s = min(step,
   * decaySteps) (Loshchilov and Hutter, 2017, without restarts).
   *
   * @param initial above 0
   * @param decaySteps above 0
   * @param alpha from 0: the part of the initial rate that it stays at
   */
  public static LearningRate cosineDecay(float initial, long decaySteps, float alpha) {
    Checks.positive("learning rate", initial);
    Checks.steps("decay steps", decaySteps);
    Checks.notNegative("alpha", alpha);
    return schedule(
        "cosineDecay(" + initial + ", " + decaySteps + ", " + alpha + ")",
        (tf, step) -> {
          Operand<TFloat64> cosine =
              tf.math.cos(tf.math.mul(progress(tf, step, decaySteps), tf.constant(Math.PI)));
          Operand<TFloat64> half = tf.math.mul(tf.math.add(cosine, number(tf, 1)), number(tf, 0.5));
          return tf.math.mul(
              number(tf, initial),
              tf.math.add(tf.math.mul(half, number(tf, 1 - (double) alpha)), number(tf, alpha)));
        });
  }

  /**
   * This rate × min(1, (step + 1) / steps): it rises linearly over the first steps, of which the
   * first is not lost, while the schedule below runs on from step 0.
   *
   * @param steps above 0
   */
  public LearningRate withWarmup(long steps) {
    Checks.steps("warm-up steps", steps);
    return new LearningRate(
        description + ".withWarmup(" + steps + ")",
        (tf, step) -> {
          Operand<TFloat64> risen =
              tf.math.div(
                  tf.math.add(tf.dtypes.cast(step, TFloat64.class), number(tf, 1)),
                  tf.constant((double) steps));
          Operand<TFloat64> warm =
              tf.math.mul(
                  tf.dtypes.cast(rate.at(tf, step), TFloat64.class),
                  tf.math.minimum(risen, number(tf, 1)));
          return tf.dtypes.cast(warm, TFloat32.class);
        });
  }

  /**
   * Adds the ops of the rate.
   *
   * @param tf the graph's ops
   * @param globalStep the batches trained before this one: an int64 scalar
   * @return a float32 scalar
   */
  public Operand<TFloat32> at(Ops tf, Operand<TInt64> globalStep) {
    return rate.at(tf, globalStep);
  }

  /** Its name and its parameters, e.g. {@code cosineDecay(0.1, 1000, 0.0).withWarmup(10)}. */
  @Override
  public String toString() {
    return description;
  }

  private static Operand<TFloat64> progress(Ops tf, Operand<TFloat64> step, long decaySteps) {
    Operand<TFloat64> steps = tf.constant((double) decaySteps);
    return tf.math.div(tf.math.minimum(step, steps), steps);
  }

  private static Operand<TFloat64> number(Ops tf, double value) {
    return tf.constant(value);
  }
}
