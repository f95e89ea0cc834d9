package dev.muster.trial.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.Conv2d;
import org.tensorflow.types.TFloat32;

/** What a convolution may be told; filled in while {@link Layers#conv2d} is called. */
public final class Conv2dOptions {
  private Activation activation = Activation.LINEAR;
  private Initializer kernelInitializer = Initializer.glorotUniform();
  private Initializer biasInitializer = Initializer.zeros();
  private @Nullable Regularizer kernelRegularizer;
  private boolean bias = true;
  private Padding padding = Padding.VALID;
  private int kernelHeight;
  private int kernelWidth;
  private int strideOfHeight = 1;
  private int strideOfWidth = 1;
  private int dilationOfHeight = 1;
  private int dilationOfWidth = 1;

  Conv2dOptions(int kernelSize) {
    kernelHeight = kernelSize;
    kernelWidth = kernelSize;
  }

  /** A window that is no square. */
  public Conv2dOptions kernelSize(int height, int width) {
    kernelHeight = height;
    kernelWidth = width;
    return this;
  }

  /** Applied to the outputs; linear by default. */
  public Conv2dOptions activation(Activation activation) {
    this.activation = activation;
    return this;
  }

  /** The kernel's initial value; Glorot uniform by default. */
  public Conv2dOptions kernelInitializer(Initializer initializer) {
    kernelInitializer = initializer;
    return this;
  }

  /** The bias's initial value; zeros by default. */
  public Conv2dOptions biasInitializer(Initializer initializer) {
    biasInitializer = initializer;
    return this;
  }

  /** A penalty on the kernel, collected in {@code m.regularization()}; none by default. */
  public Conv2dOptions kernelRegularizer(Regularizer regularizer) {
    kernelRegularizer = regularizer;
    return this;
  }

  /** Without a bias, as before a batch normalization; with one by default. */
  public Conv2dOptions withoutBias() {
    bias = false;
    return this;
  }

  /** What happens at the edges; {@link Padding#VALID} by default. */
  public Conv2dOptions padding(Padding padding) {
    this.padding = padding;
    return this;
  }

  /** How far the window moves, in both directions; at least 1, the default. */
  public Conv2dOptions strides(int strides) {
    return strides(strides, strides);
  }

  /** How far the window moves down and to the right; each at least 1, the default. */
  public Conv2dOptions strides(int ofHeight, int ofWidth) {
    strideOfHeight = ofHeight;
    strideOfWidth = ofWidth;
    return this;
  }

  /**
   * The distance of the window's elements, in both directions; at least 1, the default, and 1 where
   * the stride is above 1.
   */
  public Conv2dOptions dilation(int dilation) {
    return dilation(dilation, dilation);
  }

  /** The distance of the window's elements by height and width; as {@link #dilation(int)}. */
  public Conv2dOptions dilation(int ofHeight, int ofWidth) {
    dilationOfHeight = ofHeight;
    dilationOfWidth = ofWidth;
    return this;
  }

  Operand<TFloat32> build(LayerScope layer, Operand<TFloat32> input, int filters) {
    Ops tf = layer.tf();
    Shape shape = layer.shape(input, 4, 4, "[batch, height, width, channels]");
    long channels = layer.lastSize(shape, "channels");
    layer.positive("a number of filters", filters);
    Window.check(layer, shape, padding, 1, kernelHeight, strideOfHeight, dilationOfHeight);
    Window.check(layer, shape, padding, 2, kernelWidth, strideOfWidth, dilationOfWidth);
    if (Math.max(strideOfHeight, strideOfWidth) > 1
        && Math.max(dilationOfHeight, dilationOfWidth) > 1) {
      throw layer.wrong("expected strides of 1 beside a dilation; leave one of them at 1");
    }
    Operand<TFloat32> kernel =
        layer.trainable(
            "kernel",
            Shape.of(kernelHeight, kernelWidth, channels, filters),
            kernelInitializer,
            kernelRegularizer);
    Operand<TFloat32> outputs =
        tf.nn.conv2d(
            input,
            kernel,
            List.of(1L, (long) strideOfHeight, (long) strideOfWidth, 1L),
            padding.name(),
            Conv2d.dilations(1L, (long) dilationOfHeight, (long) dilationOfWidth, 1L));
    if (bias) {
      outputs =
          tf.nn.biasAdd(outputs, layer.trainable("bias", Shape.of(filters), biasInitializer, null));
    }
    return activation.apply(tf, outputs);
  }
}
