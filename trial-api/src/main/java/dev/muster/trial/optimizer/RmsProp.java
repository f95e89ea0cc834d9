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
 * RMSProp (Tieleman and Hinton, 2012), in {@code tf.compat.v1.train}'s formulation: s ← decay × s +
 * (1 - decay) × gradient²; a ← momentum × a + rate × gradient / √(s + epsilon); variable ← variable
 * - a. With s in {@code w/RMSProp}, from one, and a in {@code w/RMSProp_1}, from zero. Rows that a
 * step does not touch keep theirs.
 */
public final class RmsProp extends BaseOptimizer<RmsProp> {
  private float decay = 0.9f;
  private float momentum;
  private float epsilon = 1e-10f;
  private boolean centered;

  RmsProp(Graph graph, Variables variables, LearningRate learningRate) {
    super(graph, variables, "RMSProp", learningRate);
  }

  /**
   * The decay of the mean of the gradients' squares; the default is 0.9.
   *
   * @param value from 0 and below 1
   */
  public RmsProp decay(float value) {
    unused("decay");
    decay = Checks.belowOne("decay", value);
    return this;
  }

  /**
   * The momentum; the default is 0.
   *
   * @param value from 0 and below 1
   */
  public RmsProp momentum(float value) {
    unused("momentum");
    momentum = Checks.belowOne("momentum", value);
    return this;
  }

  /**
   * What is added below the root; the default is 1e-10.
   *
   * @param value above 0
   */
  public RmsProp epsilon(float value) {
    unused("epsilon");
    epsilon = Checks.positive("epsilon", value);
    return this;
  }

  /**
   * Divides by the estimated standard deviation of the gradient: √(s - g² + epsilon), with the mean
   * g of the gradients in {@code w/RMSProp_1}; the momentum is then in {@code w/RMSProp_2}.
   */
  public RmsProp centered() {
    unused("centered");
    centered = true;
    return this;
  }

  @Override
  RmsProp self() {
    return this;
  }

  /** The variables beside a trained one, made in TensorFlow's order; the mean if centered. */
  private record Slots(
      Operand<TFloat32> square, Operand<TFloat32> mean, Operand<TFloat32> momentum) {}

  private Slots slots(GradientAndVariable pair) {
    Operand<TFloat32> square = slot(pair, "rms", Initializer.constant(1));
    Operand<TFloat32> mean = centered ? slot(pair, "mg", Initializer.zeros()) : square;
    return new Slots(square, mean, slot(pair, "momentum", Initializer.zeros()));
  }

  @Override
  Op dense(Ops after, GradientAndVariable pair) {
    Slots slots = slots(pair);
    return centered
        ? after.train.applyCenteredRmsProp(
            pair.variable(),
            slots.mean,
            slots.square,
            slots.momentum,
            rate(),
            number(decay),
            number(momentum),
            number(epsilon),
            pair.gradient())
        : after.train.applyRmsProp(
            pair.variable(),
            slots.square,
            slots.momentum,
            rate(),
            number(decay),
            number(momentum),
            number(epsilon),
            pair.gradient());
  }

  @Override
  Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows) {
    Slots slots = slots(pair);
    return centered
        ? after.train.sparseApplyCenteredRmsProp(
            pair.variable(),
            slots.mean,
            slots.square,
            slots.momentum,
            rate(),
            number(decay),
            number(momentum),
            number(epsilon),
            pair.gradient(),
            rows)
        : after.train.sparseApplyRmsProp(
            pair.variable(),
            slots.square,
            slots.momentum,
            rate(),
            number(decay),
            number(momentum),
            number(epsilon),
            pair.gradient(),
            rows);
  }
}
