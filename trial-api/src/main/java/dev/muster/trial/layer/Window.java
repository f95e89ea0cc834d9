package dev.muster.trial.layer;

import org.tensorflow.ndarray.Shape;

/** The window of a convolution or a pooling, in one direction. */
final class Window {
  private Window() {}

  /** Refuses a window that TensorFlow would refuse in words of its own, or in a running step. */
  static void check(
      LayerScope layer,
      Shape input,
      Padding padding,
      int dimension,
      int size,
      int stride,
      int dilation) {
    layer.positive("a window", size);
    layer.positive("a stride", stride);
    layer.positive("a dilation", dilation);
    long extent = input.get(dimension);
    long reach = (size - 1L) * dilation + 1;
    if (padding == Padding.VALID && extent != Shape.UNKNOWN_SIZE && reach > extent) {
      throw layer.wrong(
          "the window reaches over "
              + reach
              + " elements of "
              + (dimension == 1 ? "height" : "width")
              + ", the input "
              + LayerScope.text(input)
              + " has "
              + extent
              + "; use a smaller window, or Padding.SAME");
    }
  }
}
