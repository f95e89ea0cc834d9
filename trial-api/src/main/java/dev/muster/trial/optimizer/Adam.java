package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Adam (Kingma and Ba, 2015) in TensorFlow's formulation, its slots named as TensorFlow's. The
 * powers of the betas wait for all updates, so that a step is the same on every run.
 */
final class Adam extends BaseOptimizer {
  private final float beta1;
  private final float beta2;
  private final float epsilon;

  Adam(
      Graph graph,
      Variables variables,
      float learningRate,
      float beta1,
      float beta2,
      float epsilon) {
    super(graph, variables, "adam", learningRate);
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
  }

  @Override
  List<Op> apply(Ops after, List<GradientAndVariable> gradients) {
    Operand<TFloat32> beta1Power = scalar("beta1_power", beta1);
    Operand<TFloat32> beta2Power = scalar("beta2_power", beta2);
    List<Op> updates = new ArrayList<>();
    for (GradientAndVariable pair : gradients) {
      Shape shape = pair.variable().shape();
      updates.add(
          after.train.applyAdam(
              pair.variable(),
              variables().untrained(pair.name() + "/Adam", shape, Initializer.zeros()),
              variables().untrained(pair.name() + "/Adam_1", shape, Initializer.zeros()),
              beta1Power,
              beta2Power,
              after.constant(learningRate()),
              after.constant(beta1),
              after.constant(beta2),
              after.constant(epsilon),
              pair.gradient()));
    }
    Ops last = tf().withControlDependencies(updates);
    updates.add(last.assign(beta1Power, last.math.mul(beta1Power, last.constant(beta1))));
    updates.add(last.assign(beta2Power, last.math.mul(beta2Power, last.constant(beta2))));
    return updates;
  }

  private Operand<TFloat32> scalar(String name, float value) {
    return variables().untrained(name, Shape.scalar(), Initializer.constant(value));
  }
}
