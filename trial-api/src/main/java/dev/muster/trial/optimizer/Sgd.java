package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Variables;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt64;

/** Gradient descent: variable ← variable - rate × gradient. */
public final class Sgd extends BaseOptimizer<Sgd> {
  Sgd(Graph graph, Variables variables, LearningRate learningRate) {
    super(graph, variables, "SGD", learningRate);
  }

  @Override
  Sgd self() {
    return this;
  }

  @Override
  Op dense(Ops after, GradientAndVariable pair) {
    return after.train.applyGradientDescent(pair.variable(), rate(), pair.gradient());
  }

  @Override
  Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows) {
    return after.scatterSub(pair.variable(), rows, after.math.mul(pair.gradient(), rate()));
  }
}
