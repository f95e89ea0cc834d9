package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Adagrad (Duchi, Hazan and Singer, 2011): a ← a + gradient²; variable ← variable - rate × gradient
 * / √a, with a in {@code w/Adagrad}.
 */
public final class Adagrad extends BaseOptimizer<Adagrad> {
  private float initialAccumulator = 0.1f;

  Adagrad(Graph graph, Variables variables, LearningRate learningRate) {
    super(graph, variables, "Adagrad", learningRate);
  }

  /**
   * What the sums of squares start from; the default is 0.1.
   *
   * @param value above 0
   */
  public Adagrad initialAccumulator(float value) {
    unused("initialAccumulator");
    initialAccumulator = Checks.positive("initial accumulator", value);
    return this;
  }

  @Override
  Adagrad self() {
    return this;
  }

  private Operand<TFloat32> accumulator(GradientAndVariable pair) {
    return slot(pair, "accumulator", Initializer.constant(initialAccumulator));
  }

  @Override
  Op dense(Ops after, GradientAndVariable pair) {
    return after.train.applyAdagrad(pair.variable(), accumulator(pair), rate(), pair.gradient());
  }

  @Override
  Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows) {
    // an epsilon of 0 makes it what TensorFlow's first version of the op is
    return after.train.sparseApplyAdagrad(
        pair.variable(), accumulator(pair), rate(), number(0), pair.gradient(), rows);
  }
}
