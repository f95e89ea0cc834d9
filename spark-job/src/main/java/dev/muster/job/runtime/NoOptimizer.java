package dev.muster.job.runtime;

import dev.muster.trial.optimizer.GradientAndVariable;
import dev.muster.trial.optimizer.Optimizer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The optimizer of a model that has none: its update does nothing. */
final class NoOptimizer extends Optimizer {
  private final Graph graph;

  NoOptimizer(Graph graph) {
    this.graph = graph;
  }

  @Override
  public List<GradientAndVariable> computeGradients(Operand<TFloat32> loss) {
    return List.of();
  }

  @Override
  public Op applyGradients(List<GradientAndVariable> gradients) {
    return Ops.create(graph).noOp();
  }

  @Override
  public List<GradientAndVariable> computeGradients(
      Operand<TFloat32> loss, Collection<String> variables) {
    return List.of();
  }

  @Override
  public Map<String, Operand<TFloat32>> learningRates() {
    return Map.of();
  }

  @Override
  public Map<String, String> schedules() {
    return Map.of();
  }
}
