package dev.muster.trial.metric;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import org.tensorflow.ndarray.Shape;

/**
 * A copy of a tensor on the heap, its elements in row-major order. Metrics that read the same
 * tensor share it: do not write into the arrays.
 */
public final class HeapTensor implements Serializable {
  private static final long serialVersionUID = 1L;

  private final long[] dimensions;
  private final Object elements; // an array

  private HeapTensor(long[] dimensions, Object elements) {
    this.dimensions = dimensions;
    this.elements = elements;
  }

  /**
   * A tensor of these elements.
   *
   * @param shape its shape
   * @param elements a float[], double[], int[], long[], boolean[] or String[] of the shape's size;
   *     not copied
   */
  public static HeapTensor of(Shape shape, Object elements) {
    if (!(elements instanceof float[]
        || elements instanceof double[]
        || elements instanceof int[]
        || elements instanceof long[]
        || elements instanceof boolean[]
        || elements instanceof String[])) {
      throw new IllegalArgumentException("elements of " + elements.getClass());
    }
    return new HeapTensor(shape.asArray(), elements);
  }

  /** The tensor's shape, e.g. {@code [batch, classes]}. */
  public Shape shape() {
    return Shape.of(dimensions);
  }

  /** The elements of a float32 tensor. */
  public float[] floats() {
    return as(float[].class);
  }

  /** The elements of a float64 tensor. */
  public double[] doubles() {
    return as(double[].class);
  }

  /** The elements of an int32 or uint8 tensor. */
  public int[] ints() {
    return as(int[].class);
  }

  /** The elements of an int64 tensor. */
  public long[] longs() {
    return as(long[].class);
  }

  /** The elements of a bool tensor. */
  public boolean[] booleans() {
    return as(boolean[].class);
  }

  /** The elements of a string tensor, read as UTF-8. */
  public String[] strings() {
    return as(String[].class);
  }

  /** The number of elements. */
  public int size() {
    return java.lang.reflect.Array.getLength(elements);
  }

  /** The sum of the elements of any numeric or bool tensor, in double precision and row order. */
  public double sum() {
    double sum = 0;
    for (double element : asDoubles()) {
      sum += element;
    }
    return sum;
  }

  /** The elements of any numeric or bool tensor, converted to doubles; do not write into it. */
  public double[] asDoubles() {
    if (elements instanceof float[] values) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return wide;
    }
    if (elements instanceof int[] values) {
      return Arrays.stream(values).asDoubleStream().toArray();
    }
    if (elements instanceof long[] values) {
      return Arrays.stream(values).asDoubleStream().toArray();
    }
    if (elements instanceof boolean[] values) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i] ? 1 : 0;
      }
      return wide;
    }
    return doubles();
  }

  /** The element at this index as text. */
  String text(int index) {
    return String.valueOf(java.lang.reflect.Array.get(elements, index));
  }

  private <A> A as(Class<A> type) {
    if (!type.isInstance(elements)) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "Cannot read a tensor of %s as %s",
              elements.getClass().getSimpleName(),
              type.getSimpleName()));
    }
    return type.cast(elements);
  }
}
