package dev.muster.trial.optimizer;

import java.util.Objects;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A gradient and the variable that it belongs to.
 *
 * @param gradient of the variable's shape; where there are rows, {@code [n, …]}: of these rows
 *     alone
 * @param variable a float32 variable
 * @param rows {@code [n]}: the numbers of the rows that the gradient is for, each once; all other
 *     rows have none. Empty for a dense gradient
 */
public record GradientAndVariable(
    Operand<TFloat32> gradient, Output<TFloat32> variable, Optional<Operand<TInt64>> rows) {
  /** Checks for nulls. */
  public GradientAndVariable {
    Objects.requireNonNull(gradient, "gradient");
    Objects.requireNonNull(variable, "variable");
    Objects.requireNonNull(rows, "rows");
  }

  /** A dense gradient. */
  public GradientAndVariable(Operand<TFloat32> gradient, Output<TFloat32> variable) {
    this(gradient, variable, Optional.empty());
  }

  /** A gradient of some rows, each of them once in {@code rows}. */
  public GradientAndVariable(
      Operand<TFloat32> gradient, Output<TFloat32> variable, Operand<TInt64> rows) {
    this(gradient, variable, Optional.of(rows));
  }

  /** The variable's name. */
  public String name() {
    return variable.op().name();
  }

  /** The same with another gradient, of the same rows. */
  public GradientAndVariable withGradient(Operand<TFloat32> other) {
    return new GradientAndVariable(other, variable, rows);
  }

  /** The same as a dense gradient: zero in all other rows. */
  public GradientAndVariable dense(Ops tf) {
    return rows.map(
            numbers ->
                new GradientAndVariable(
                    tf.math.unsortedSegmentSum(
                        gradient, numbers, tf.constant(variable.shape().get(0))),
                    variable))
        .orElse(this);
  }
}
