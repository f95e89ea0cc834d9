package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/** variable ← variable - rate × gradient. */
final class Sgd extends BaseOptimizer {
  Sgd(Graph graph, Variables variables, float learningRate) {
    super(graph, variables, "sgd", learningRate);
  }

  @Override
  List<Op> apply(Ops after, List<GradientAndVariable> gradients) {
    List<Op> updates = new ArrayList<>();
    for (GradientAndVariable pair : gradients) {
      updates.add(
          after.train.applyGradientDescent(
              pair.variable(), after.constant(learningRate()), pair.gradient()));
    }
    return updates;
  }
}
