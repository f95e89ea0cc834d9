package dev.muster.trial.metric;

import java.util.Arrays;
import java.util.Locale;
import org.tensorflow.ndarray.Shape;

/** A copy of a tensor on the heap, its elements in row-major order. */
public final class HeapTensor {
  private final Shape shape;
  private final Object elements;

  private HeapTensor(Shape shape, Object elements) {
    this.shape = shape;
    this.elements = elements;
  }

  /**
   * A tensor of these elements.
   *
   * @param shape its shape
   * @param elements a float[], double[], int[], long[] or boolean[] of the shape's size; not copied
   */
  public static HeapTensor of(Shape shape, Object elements) {
    if (!(elements instanceof float[]
        || elements instanceof double[]
        || elements instanceof int[]
        || elements instanceof long[]
        || elements instanceof boolean[])) {
      throw new IllegalArgumentException("elements of " + elements.getClass());
    }
    return new HeapTensor(shape, elements);
  }

  /** The tensor's shape, e.g. {@code [batch, classes]}. */
  public Shape shape() {
    return shape;
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

  /** The elements of any numeric or bool tensor, converted to doubles. */
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
