package dev.muster.trial.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** What a pooling may be told; filled in while {@link Layers#maxPool2d} is called. */
public final class PoolOptions {
  private Padding padding = Padding.VALID;
  private int windowHeight;
  private int windowWidth;
  private int strideOfHeight;
  private int strideOfWidth;

  PoolOptions(int window) {
    windowHeight = window;
    windowWidth = window;
    strideOfHeight = window;
    strideOfWidth = window;
  }

  /** What happens at the edges; {@link Padding#VALID} by default. Added zeros count for nothing. */
  public PoolOptions padding(Padding padding) {
    this.padding = padding;
    return this;
  }

  /** A window that is no square; strides stay as they are. */
  public PoolOptions window(int height, int width) {
    windowHeight = height;
    windowWidth = width;
    return this;
  }

  /** How far the window moves, in both directions; by default as far as it is large. */
  public PoolOptions strides(int strides) {
    return strides(strides, strides);
  }

  /** How far the window moves down and to the right; by default as far as it is large. */
  public PoolOptions strides(int ofHeight, int ofWidth) {
    strideOfHeight = ofHeight;
    strideOfWidth = ofWidth;
    return this;
  }

  private void check(LayerScope layer, Operand<TFloat32> input) {
    Shape shape = layer.shape(input, 4, 4, "[batch, height, width, channels]");
    Window.check(layer, shape, padding, 1, windowHeight, strideOfHeight, 1);
    Window.check(layer, shape, padding, 2, windowWidth, strideOfWidth, 1);
  }

  Operand<TFloat32> max(LayerScope layer, Operand<TFloat32> input) {
    check(layer, input);
    Ops tf = layer.tf();
    return tf.nn.maxPool(
        input,
        tf.constant(new int[] {1, windowHeight, windowWidth, 1}),
        tf.constant(new int[] {1, strideOfHeight, strideOfWidth, 1}),
        padding.name());
  }

  Operand<TFloat32> average(LayerScope layer, Operand<TFloat32> input) {
    check(layer, input);
    return layer
        .tf()
        .nn
        .avgPool(
            input,
            List.of(1L, (long) windowHeight, (long) windowWidth, 1L),
            List.of(1L, (long) strideOfHeight, (long) strideOfWidth, 1L),
            padding.name());
  }
}
