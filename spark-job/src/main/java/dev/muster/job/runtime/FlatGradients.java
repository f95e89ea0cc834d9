package dev.muster.job.runtime;

import dev.muster.trial.optimizer.GradientAndVariable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Gradients as one flat tensor, and back. A gradient of rows takes the place of its whole table,
 * with a mark for each row that is above 0 where the row was touched: sums and means of marks are
 * above 0 where any of the rows was.
 */
final class FlatGradients {
  private FlatGradients() {}

  /** The length of the flat tensor. */
  static long elements(List<GradientAndVariable> pairs) {
    return pairs.stream().mapToLong(pair -> size(pair) + marks(pair)).sum();
  }

  private static long size(GradientAndVariable pair) {
    return pair.variable().shape().size();
  }

  private static long marks(GradientAndVariable pair) {
    return pair.rows().isPresent() ? pair.variable().shape().get(0) : 0;
  }

  /** The parts of the flat tensor, each of them flat, in the order of the gradients. */
  static List<Operand<TFloat32>> parts(Ops tf, List<GradientAndVariable> pairs) {
    List<Operand<TFloat32>> parts = new ArrayList<>();
    for (GradientAndVariable pair : pairs) {
      pair.rows()
          .ifPresentOrElse(
              rows -> {
                Operand<TInt64> table = tf.constant(pair.variable().shape().get(0));
                parts.add(flat(tf, tf.math.unsortedSegmentSum(pair.gradient(), rows, table)));
                Operand<TFloat32> marks = tf.fill(tf.shape(rows), tf.constant(1f));
                parts.add(tf.math.unsortedSegmentSum(marks, rows, table));
              },
              () -> parts.add(flat(tf, pair.gradient())));
    }
    return parts;
  }

  private static Operand<TFloat32> flat(Ops tf, Operand<TFloat32> gradient) {
    return tf.reshape(gradient, tf.constant(new int[] {-1}));
  }

  /** One tensor of several flat ones. */
  static Operand<TFloat32> concat(Ops tf, List<Operand<TFloat32>> parts) {
    return parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(0));
  }

  /**
   * The gradients in a flat tensor.
   *
   * @param like the gradients that the tensor was made of, or those of another slot
   */
  static List<GradientAndVariable> unpack(
      Ops tf, Operand<TFloat32> flat, List<GradientAndVariable> like) {
    List<Operand<TFloat32>> parts = split(tf, flat, like);
    List<GradientAndVariable> unpacked = new ArrayList<>();
    int next = 0;
    for (GradientAndVariable pair : like) {
      Output<TFloat32> variable = pair.variable();
      Operand<TFloat32> whole =
          tf.reshape(parts.get(next++), tf.constant(variable.shape().asArray()));
      if (pair.rows().isEmpty()) {
        unpacked.add(new GradientAndVariable(whole, variable));
      } else {
        Operand<TInt64> rows =
            tf.reshape(
                tf.where(tf.math.greater(parts.get(next++), tf.constant(0f))),
                tf.constant(new int[] {-1}));
        unpacked.add(
            new GradientAndVariable(
                tf.gather(whole, rows, tf.constant(0)), variable, Optional.of(rows)));
      }
    }
    return unpacked;
  }

  private static List<Operand<TFloat32>> split(
      Ops tf, Operand<TFloat32> flat, List<GradientAndVariable> like) {
    List<Integer> sizes = new ArrayList<>();
    for (GradientAndVariable pair : like) {
      sizes.add(Math.toIntExact(size(pair)));
      if (marks(pair) > 0) {
        sizes.add(Math.toIntExact(marks(pair)));
      }
    }
    if (sizes.size() == 1) {
      return List.of(flat);
    }
    int[] lengths = sizes.stream().mapToInt(Integer::intValue).toArray();
    return new ArrayList<>(
        tf.splitV(flat, tf.constant(lengths), tf.constant(0), (long) lengths.length).output());
  }
}
