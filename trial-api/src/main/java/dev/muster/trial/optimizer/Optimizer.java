package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.types.TFloat32;

/** Computes gradients and applies them. Used while the model function runs, in one graph. */
public abstract class Optimizer {
  /** For optimizers. */
  protected Optimizer() {}

  /**
   * Adds the gradients of the loss with respect to all trainable variables.
   *
   * @param loss a scalar
   * @throws TrialException if the graph has no trainable variable, the loss does not depend on one
   *     of them, or an op on the way has no gradient
   */
  public abstract List<GradientAndVariable> computeGradients(Operand<TFloat32> loss);

  /**
   * Adds the update of the variables, which also advances the global step.
   *
   * @param gradients of {@link #computeGradients}, possibly changed
   * @return what a step runs
   */
  public abstract Op applyGradients(List<GradientAndVariable> gradients);

  /** Gradients and update in one call. */
  public final Op minimize(Operand<TFloat32> loss) {
    return applyGradients(computeGradients(loss));
  }

  /** The learning rates by name, for checkpoints and metrics. */
  public abstract Map<String, Float> learningRates();
}
