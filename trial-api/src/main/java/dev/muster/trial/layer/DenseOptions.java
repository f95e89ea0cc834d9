package dev.muster.trial.layer;

import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** What a dense layer may be told; filled in while {@link Layers#dense} is called. */
public final class DenseOptions {
  private Activation activation = Activation.LINEAR;
  private Initializer kernelInitializer = Initializer.glorotUniform();
  private Initializer biasInitializer = Initializer.zeros();
  private @Nullable Regularizer kernelRegularizer;
  private @Nullable Regularizer biasRegularizer;
  private boolean bias = true;

  DenseOptions() {}

  /** Applied to the outputs; linear by default. */
  public DenseOptions activation(Activation activation) {
    this.activation = activation;
    return this;
  }

  /** The kernel's initial value; Glorot uniform by default. */
  public DenseOptions kernelInitializer(Initializer initializer) {
    kernelInitializer = initializer;
    return this;
  }

  /** The bias's initial value; zeros by default. */
  public DenseOptions biasInitializer(Initializer initializer) {
    biasInitializer = initializer;
    return this;
  }

  /** A penalty on the kernel, collected in {@code m.regularization()}; none by default. */
  public DenseOptions kernelRegularizer(Regularizer regularizer) {
    kernelRegularizer = regularizer;
    return this;
  }

  /** A penalty on the bias, collected in {@code m.regularization()}; none by default. */
  public DenseOptions biasRegularizer(Regularizer regularizer) {
    biasRegularizer = regularizer;
    return this;
  }

  /** Without a bias, as before a batch normalization; with one by default. */
  public DenseOptions withoutBias() {
    bias = false;
    return this;
  }

  Operand<TFloat32> build(LayerScope layer, Operand<TFloat32> input, int units) {
    Ops tf = layer.tf();
    Shape shape = layer.shape(input, 2, Integer.MAX_VALUE, "[batch, …, features]");
    long features = layer.lastSize(shape, "features");
    layer.positive("a number of units", units);
    Operand<TFloat32> kernel =
        layer.trainable("kernel", Shape.of(features, units), kernelInitializer, kernelRegularizer);
    boolean matrix = shape.numDimensions() == 2;
    Operand<TFloat32> rows =
        matrix ? input : tf.reshape(input, tf.constant(new long[] {-1, features}));
    Operand<TFloat32> outputs = tf.linalg.matMul(rows, kernel);
    if (bias) {
      outputs =
          tf.math.add(
              outputs, layer.trainable("bias", Shape.of(units), biasInitializer, biasRegularizer));
    }
    outputs = activation.apply(tf, outputs);
    return matrix ? outputs : tf.reshape(outputs, layer.shapeWith(input, 1, units));
  }
}
