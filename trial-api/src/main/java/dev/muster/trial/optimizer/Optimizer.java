package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import java.util.Collection;
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
   * Adds the gradients of the loss with respect to all trainable variables that it depends on; a
   * warning names those that it does not depend on, which stay as they are.
   *
   * @param loss a scalar
   * @return one for each variable that the loss depends on; of the touched rows alone for a table
   *     that is used by lookups only
   * @throws TrialException if the graph has no trainable variable, the loss depends on none of
   *     them, or an op on the way has no gradient, or a wrong one
   */
  public abstract List<GradientAndVariable> computeGradients(Operand<TFloat32> loss);

  /**
   * The same with respect to some of the trainable variables.
   *
   * @param loss a scalar
   * @param variables their names
   * @throws TrialException as above, or if there is no trainable variable of such a name
   */
  public abstract List<GradientAndVariable> computeGradients(
      Operand<TFloat32> loss, Collection<String> variables);

  /**
   * Adds the update of the variables. The global step is not its matter: Muster advances it after
   * each batch.
   *
   * @param gradients of {@link #computeGradients}, possibly changed
   * @return what a step runs
   */
  public abstract Op applyGradients(List<GradientAndVariable> gradients);

  /** Gradients and update of all trainable variables in one call. */
  public final Op minimize(Operand<TFloat32> loss) {
    return applyGradients(computeGradients(loss));
  }

  /**
   * Gradients and update of some variables in one call.
   *
   * @param loss a scalar
   * @param variables the names of trainable variables, one at least
   */
  public final Op minimize(Operand<TFloat32> loss, String... variables) {
    return applyGradients(computeGradients(loss, List.of(variables)));
  }

  /**
   * The learning rates by the optimizer's name, for checkpoints and metrics: float32 scalars that
   * can be fetched between steps.
   */
  public abstract Map<String, Operand<TFloat32>> learningRates();

  /** What the learning rates follow, by the optimizer's name, e.g. {@code constant(0.1)}. */
  public abstract Map<String, String> schedules();
}
