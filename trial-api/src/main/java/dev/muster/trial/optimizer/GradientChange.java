package dev.muster.trial.optimizer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** What is done to gradients before they are applied; of rows, to the touched ones alone. */
@FunctionalInterface
interface GradientChange {
  List<GradientAndVariable> of(Ops tf, List<GradientAndVariable> gradients);

  /** As {@code tf.clip_by_value(gradient, -limit, limit)}. */
  static GradientChange clipByValue(float limit) {
    return (tf, gradients) ->
        gradients.stream()
            .map(
                pair ->
                    pair.withGradient(
                        tf.clipByValue(pair.gradient(), tf.constant(-limit), tf.constant(limit))))
            .toList();
  }

  /** As {@code tf.clip_by_norm}: gradient × norm / max(its norm, norm). */
  static GradientChange clipByNorm(float norm) {
    return (tf, gradients) ->
        gradients.stream()
            .map(
                pair -> {
                  Operand<TFloat32> found =
                      tf.math.sqrt(tf.math.mul(tf.nn.l2Loss(pair.gradient()), tf.constant(2f)));
                  return pair.withGradient(
                      tf.math.div(
                          tf.math.mul(pair.gradient(), tf.constant(norm)),
                          tf.math.maximum(found, tf.constant(norm))));
                })
            .toList();
  }

  /** As {@code tf.clip_by_global_norm}: gradient × norm × min(1 / norm of all, 1 / norm). */
  static GradientChange clipByGlobalNorm(float norm) {
    return (tf, gradients) -> {
      List<Operand<TFloat32>> halfSquares = new ArrayList<>();
      gradients.forEach(pair -> halfSquares.add(tf.nn.l2Loss(pair.gradient())));
      Operand<TFloat32> found =
          tf.math.sqrt(tf.math.mul(tf.math.addN(halfSquares), tf.constant(2f)));
      Operand<TFloat32> one = tf.constant(1f);
      Operand<TFloat32> finite =
          tf.math.mul(
              tf.constant(norm),
              tf.math.minimum(tf.math.div(one, found), tf.math.div(one, tf.constant(norm))));
      // adds 0, or NaN if the norm is not finite
      Operand<TFloat32> scale = tf.math.add(finite, tf.math.sub(found, found));
      return gradients.stream()
          .map(pair -> pair.withGradient(tf.math.mul(pair.gradient(), scale)))
          .toList();
    };
  }

  /** Adds decay × variable. */
  static GradientChange weightDecay(float decay, Predicate<String> variables) {
    return (tf, gradients) ->
        gradients.stream()
            .map(
                pair ->
                    variables.test(pair.name())
                        ? pair.withGradient(
                            tf.math.add(
                                pair.gradient(),
                                tf.math.mul(touched(tf, pair), tf.constant(decay))))
                        : pair)
            .toList();
  }

  /** The values of a variable that its gradient is of. */
  static Operand<TFloat32> touched(Ops tf, GradientAndVariable pair) {
    return pair.rows()
        .<Operand<TFloat32>>map(rows -> tf.gather(pair.variable(), rows, tf.constant(0)))
        .orElse(pair.variable());
  }
}
