package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Layers with variables of their own, named as TensorFlow names them. */
public final class Layers {
  private final Ops tf;
  private final Variables variables;

  /** Layers that add their ops by {@code tf}. */
  public Layers(Ops tf, Variables variables) {
    this.tf = tf;
    this.variables = variables;
  }

  /** A dense layer without activation: see {@link #dense(String, Operand, int, Activation)}. */
  public Operand<TFloat32> dense(String name, Operand<TFloat32> input, int units) {
    return dense(name, input, units, Activation.LINEAR);
  }

  /**
   * activation(input × kernel + bias), with the variables {@code name/kernel} (Glorot uniform) and
   * {@code name/bias} (zeros).
   *
   * @param name of the layer
   * @param input {@code [batch, features]}, the number of features known
   * @param units the number of outputs
   * @param activation applied to each output
   * @return {@code [batch, units]}
   */
  public Operand<TFloat32> dense(
      String name, Operand<TFloat32> input, int units, Activation activation) {
    return dense(name, input, units, activation, Initializer.glorotUniform());
  }

  /** A dense layer whose kernel starts from another initial value. */
  public Operand<TFloat32> dense(
      String name,
      Operand<TFloat32> input,
      int units,
      Activation activation,
      Initializer kernelInitializer) {
    Shape shape = input.asOutput().shape();
    if (shape.isUnknown() || shape.numDimensions() != 2 || shape.get(1) == Shape.UNKNOWN_SIZE) {
      throw new TrialException(
          "Cannot build layer '"
              + name
              + "': expected an input of shape [batch, features], found "
              + shape);
    }
    Operand<TFloat32> kernel =
        variables.trainable(name + "/kernel", Shape.of(shape.get(1), units), kernelInitializer);
    Operand<TFloat32> bias =
        variables.trainable(name + "/bias", Shape.of(units), Initializer.zeros());
    return activation.apply(tf, tf.math.add(tf.linalg.matMul(input, kernel), bias));
  }
}
