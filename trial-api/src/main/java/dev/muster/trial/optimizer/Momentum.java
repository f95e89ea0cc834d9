package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ApplyMomentum;
import org.tensorflow.op.train.SparseApplyMomentum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Gradient descent with momentum (Polyak, 1964): a ← momentum × a + gradient; variable ← variable -
 * rate × a, with a in {@code w/Momentum}, from zero. Rows that a step does not touch keep their a.
 */
public final class Momentum extends BaseOptimizer<Momentum> {
  private final float momentum;
  private boolean nesterov;

  Momentum(Graph graph, Variables variables, LearningRate learningRate, float momentum) {
    super(graph, variables, "Momentum", learningRate);
    this.momentum = Checks.belowOne("momentum", momentum);
  }

  /** Nesterov's: variable ← variable - rate × (gradient + momentum × a), with the new a. */
  public Momentum nesterov() {
    unused("nesterov");
    nesterov = true;
    return this;
  }

  @Override
  Momentum self() {
    return this;
  }

  private Operand<TFloat32> accumulator(GradientAndVariable pair) {
    return slot(pair, "momentum", Initializer.zeros());
  }

  @Override
  Op dense(Ops after, GradientAndVariable pair) {
    return after.train.applyMomentum(
        pair.variable(),
        accumulator(pair),
        rate(),
        pair.gradient(),
        number(momentum),
        ApplyMomentum.useNesterov(nesterov));
  }

  @Override
  Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows) {
    return after.train.sparseApplyMomentum(
        pair.variable(),
        accumulator(pair),
        rate(),
        pair.gradient(),
        rows,
        number(momentum),
        SparseApplyMomentum.useNesterov(nesterov));
  }
}
