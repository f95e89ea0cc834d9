package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * FTRL-proximal (McMahan et al., 2013), as {@code tf.compat.v1.train.FtrlOptimizer}: with the sums
 * of squares in {@code w/Ftrl} and the linear terms in {@code w/Ftrl_1}, from zero.
 */
public final class Ftrl extends BaseOptimizer<Ftrl> {
  private float learningRatePower = -0.5f;
  private float initialAccumulator = 0.1f;
  private float l1;
  private float l2;
  private float l2Shrinkage;

  Ftrl(Graph graph, Variables variables, LearningRate learningRate) {
    super(graph, variables, "Ftrl", learningRate);
  }

  /**
   * The power of the sums of squares by which the rate falls; the default is -0.5.
   *
   * @param value 0 or below; 0 keeps the rate
   */
  public Ftrl learningRatePower(float value) {
    unused("learningRatePower");
    if (!(value <= 0) || Float.isInfinite(value)) {
      throw new TrialException(
          "Cannot use learning rate power " + value + ": expected a finite number up to 0");
    }
    learningRatePower = value;
    return this;
  }

  /**
   * What the sums of squares start from; the default is 0.1.
   *
   * @param value from 0
   */
  public Ftrl initialAccumulator(float value) {
    unused("initialAccumulator");
    initialAccumulator = Checks.notNegative("initial accumulator", value);
    return this;
  }

  /**
   * The strength of the L1 regularization, which makes weights zero; the default is 0.
   *
   * @param value from 0
   */
  public Ftrl l1(float value) {
    unused("l1");
    l1 = Checks.notNegative("l1", value);
    return this;
  }

  /**
   * The strength of the L2 regularization as a penalty of stabilization; the default is 0.
   *
   * @param value from 0
   */
  public Ftrl l2(float value) {
    unused("l2");
    l2 = Checks.notNegative("l2", value);
    return this;
  }

  /**
   * The strength of the L2 regularization as a penalty of magnitude; the default is 0.
   *
   * @param value from 0
   */
  public Ftrl l2Shrinkage(float value) {
    unused("l2Shrinkage");
    l2Shrinkage = Checks.notNegative("l2 shrinkage", value);
    return this;
  }

  @Override
  Ftrl self() {
    return this;
  }

  private Operand<TFloat32> accumulator(GradientAndVariable pair) {
    return slot(pair, "accumulator", Initializer.constant(initialAccumulator));
  }

  private Operand<TFloat32> linear(GradientAndVariable pair) {
    return slot(pair, "linear", Initializer.zeros());
  }

  @Override
  Op dense(Ops after, GradientAndVariable pair) {
    return after.train.applyFtrl(
        pair.variable(),
        accumulator(pair),
        linear(pair),
        pair.gradient(),
        rate(),
        number(l1),
        number(l2),
        number(l2Shrinkage),
        number(learningRatePower));
  }

  @Override
  Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows) {
    return after.train.sparseApplyFtrl(
        pair.variable(),
        accumulator(pair),
        linear(pair),
        pair.gradient(),
        rows,
        rate(),
        number(l1),
        number(l2),
        number(l2Shrinkage),
        number(learningRatePower));
  }
}
