package dev.muster.trial.optimizer;

import java.util.Objects;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.TFloat32;

/**
 * A gradient and the variable that it belongs to.
 *
 * @param gradient of the variable's shape
 * @param variable a float32 variable
 */
public record GradientAndVariable(Operand<TFloat32> gradient, Output<TFloat32> variable) {
  /** Checks for nulls. */
  public GradientAndVariable {
    Objects.requireNonNull(gradient, "gradient");
    Objects.requireNonNull(variable, "variable");
  }

  /** The variable's name. */
  public String name() {
    return variable.op().name();
  }
}
