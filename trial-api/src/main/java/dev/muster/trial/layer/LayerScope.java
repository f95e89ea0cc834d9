package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Where one layer builds: its name, its ops, its variables, and what is said of wrong use. Lives
 * while the layer is built.
 *
 * @param name of the layer
 * @param tf adds ops under the layer's name
 * @param variables of the graph
 * @param training whether the graph trains
 * @param penalties collects what regularizers add
 */
record LayerScope(
    String name, Ops tf, Variables variables, boolean training, List<Operand<TFloat32>> penalties) {
  /** What is thrown at the user. */
  TrialException wrong(String fact) {
    return new TrialException("Cannot build layer '" + name + "': " + fact);
  }

  /**
   * The input's shape, of a known rank.
   *
   * @param expected the shape to name in the message, e.g. {@code [batch, height, width, channels]}
   */
  Shape shape(Operand<?> input, int leastRank, int mostRank, String expected) {
    Shape shape = input.asOutput().shape();
    int rank = shape.numDimensions();
    if (shape.isUnknown() || rank < leastRank || rank > mostRank) {
      throw wrong("expected an input of shape " + expected + ", found " + text(shape));
    }
    return shape;
  }

  /** The size of the last dimension, which must be known. */
  long lastSize(Shape shape, String what) {
    long size = shape.get(shape.numDimensions() - 1);
    if (size == Shape.UNKNOWN_SIZE) {
      throw wrong(
          "expected a known number of "
              + what
              + " (the last dimension), found "
              + text(shape)
              + "; declare the column's shape, or use reshape");
    }
    return size;
  }

  int positive(String what, int value) {
    if (value < 1) {
      throw wrong("expected " + what + " of at least 1, found " + value);
    }
    return value;
  }

  Operand<TFloat32> trainable(
      String suffix, Shape shape, Initializer initializer, @Nullable Regularizer regularizer) {
    Operand<TFloat32> value = variables.trainable(name + "/" + suffix, shape, initializer);
    if (regularizer != null) {
      penalties.add(regularizer.penalty(tf, value));
    }
    return value;
  }

  /**
   * A shape to reshape to: the input's, but the last {@code dropped} dimensions replaced. Static
   * where at most one dimension is unknown, so that the shape stays known to the layers above.
   */
  Operand<TInt32> shapeWith(Operand<?> input, int dropped, long... last) {
    Shape shape = input.asOutput().shape();
    int kept = shape.numDimensions() - dropped;
    int[] sizes = new int[kept + last.length];
    int unknown = 0;
    for (int i = 0; i < kept; i++) {
      sizes[i] = Math.toIntExact(shape.get(i));
      unknown += sizes[i] < 0 ? 1 : 0;
    }
    for (int i = 0; i < last.length; i++) {
      sizes[kept + i] = Math.toIntExact(last[i]);
    }
    if (unknown <= 1) {
      return tf.constant(sizes);
    }
    int[] tail = new int[last.length];
    System.arraycopy(sizes, kept, tail, 0, tail.length);
    Operand<TInt32> head =
        tf.slice(tf.shape(input), tf.constant(new int[] {0}), tf.constant(new int[] {kept}));
    return tf.concat(List.of(head, tf.constant(tail)), tf.constant(0));
  }

  static String text(Shape shape) {
    return shape.isUnknown() ? "an unknown shape" : shape.toString().replace("-1", "?");
  }
}
