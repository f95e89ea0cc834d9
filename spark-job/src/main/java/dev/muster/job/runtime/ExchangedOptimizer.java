package dev.muster.job.runtime;

import dev.muster.trial.optimizer.GradientAndVariable;
import dev.muster.trial.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.types.TFloat32;

/**
 * An optimizer whose gradients go through the exchange, with those of the model's other optimizers,
 * before they are applied: see {@link WrappedOptimizers}.
 */
final class ExchangedOptimizer extends Optimizer {
  private final Optimizer optimizer;
  private final WrappedOptimizers group;
  private final List<Op> updates = new ArrayList<>();

  ExchangedOptimizer(Optimizer optimizer, WrappedOptimizers group) {
    this.optimizer = optimizer;
    this.group = group;
  }

  @Override
  public List<GradientAndVariable> computeGradients(Operand<TFloat32> loss) {
    return group.exchange(this, optimizer.computeGradients(loss));
  }

  @Override
  public List<GradientAndVariable> computeGradients(
      Operand<TFloat32> loss, Collection<String> variables) {
    return group.exchange(this, optimizer.computeGradients(loss, variables));
  }

  @Override
  public Op applyGradients(List<GradientAndVariable> gradients) {
    Op update = group.whenWindowEnds(gradients, optimizer::applyGradients);
    updates.add(update);
    return update;
  }

  @Override
  public Map<String, Operand<TFloat32>> learningRates() {
    return optimizer.learningRates();
  }

  @Override
  public Map<String, String> schedules() {
    return optimizer.schedules();
  }

  /** What was built by {@link #applyGradients}, once for each call. */
  List<Op> updates() {
    return updates;
  }

  /** The class of the optimizer within. */
  String kind() {
    return optimizer.getClass().getSimpleName();
  }
}
