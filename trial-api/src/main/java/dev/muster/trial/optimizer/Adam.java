package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Adam (Kingma and Ba, 2015) in TensorFlow's formulation, and AdamW (Loshchilov and Hutter, 2019).
 * With m in {@code w/Adam}, v in {@code w/Adam_1} and t the number of this step from 1:
 *
 * <pre>{@code
 * m ← beta1 × m + (1 - beta1) × gradient
 * v ← beta2 × v + (1 - beta2) × gradient²
 * variable ← variable - rate × √(1 - beta2^t) / (1 - beta1^t) × m / (√v + epsilon)
 * }</pre>
 *
 * <p>A table that is used by lookups only is trained lazily: rows that a step does not touch keep
 * their m and v. The powers of the betas wait for all updates, so that a step is the same on every
 * run.
 */
public final class Adam extends BaseOptimizer<Adam> {
  private final float decay;
  private float beta1 = 0.9f;
  private float beta2 = 0.999f;
  private float epsilon = 1e-8f;

  /**
   * An Adam, or an AdamW.
   *
   * @param decay decoupled; 0 for Adam
   */
  Adam(Graph graph, Variables variables, String kind, LearningRate learningRate, float decay) {
    super(graph, variables, kind, learningRate);
    this.decay = Checks.notNegative("weight decay", decay);
  }

  /**
   * The decay of the mean of the gradients; the default is 0.9.
   *
   * @param value from 0 and below 1
   */
  public Adam beta1(float value) {
    unused("beta1");
    beta1 = Checks.belowOne("beta1", value);
    return this;
  }

  /**
   * The decay of the mean of the gradients' squares; the default is 0.999.
   *
   * @param value from 0 and below 1
   */
  public Adam beta2(float value) {
    unused("beta2");
    beta2 = Checks.belowOne("beta2", value);
    return this;
  }

  /**
   * What is added to the denominator; the default is 1e-8.
   *
   * @param value above 0
   */
  public Adam epsilon(float value) {
    unused("epsilon");
    epsilon = Checks.positive("epsilon", value);
    return this;
  }

  /**
   * Coupled decay, see {@link BaseOptimizer#weightDecay}; AdamW has one of its own.
   *
   * @throws TrialException if this is an AdamW
   */
  @Override
  public Adam weightDecay(float coupled) {
    if (decay > 0) {
      throw new TrialException(
          "Cannot set the weight decay of AdamW: it has one, " + decay + "; change that one");
    }
    return super.weightDecay(coupled);
  }

  @Override
  Adam self() {
    return this;
  }

  private Operand<TFloat32> beta1Power() {
    return slot("beta1_power", beta1);
  }

  private Operand<TFloat32> beta2Power() {
    return slot("beta2_power", beta2);
  }

  private Operand<TFloat32> mean(GradientAndVariable pair) {
    return slot(pair, "m", Initializer.zeros());
  }

  private Operand<TFloat32> meanSquare(GradientAndVariable pair) {
    return slot(pair, "v", Initializer.zeros());
  }

  @Override
  void begin() {
    beta1Power();
    beta2Power();
  }

  @Override
  Op dense(Ops after, GradientAndVariable pair) {
    Operand<TFloat32> mean = mean(pair);
    Operand<TFloat32> meanSquare = meanSquare(pair);
    Ops tf = after;
    if (decay > 0 && decays(pair.name())) {
      tf =
          after.withControlDependencies(
              List.of(after.assignSub(pair.variable(), lost(after, pair))));
    }
    return tf.train.applyAdam(
        pair.variable(),
        mean,
        meanSquare,
        beta1Power(),
        beta2Power(),
        rate(),
        number(beta1),
        number(beta2),
        number(epsilon),
        pair.gradient());
  }

  @Override
  Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows) {
    Operand<TFloat32> gradient = pair.gradient();
    Operand<TFloat32> mean = mean(pair);
    Operand<TFloat32> meanSquare = meanSquare(pair);
    Operand<TFloat32> newMean =
        after.math.add(
            after.math.mul(after.gather(mean, rows, after.constant(0)), number(beta1)),
            after.math.mul(gradient, number(1 - beta1)));
    Operand<TFloat32> newSquare =
        after.math.add(
            after.math.mul(after.gather(meanSquare, rows, after.constant(0)), number(beta2)),
            after.math.mul(after.math.square(gradient), number(1 - beta2)));
    Operand<TFloat32> update =
        after.math.div(
            after.math.mul(newMean, correctedRate(after)),
            after.math.add(after.math.sqrt(newSquare), number(epsilon)));
    if (decay > 0 && decays(pair.name())) {
      update = after.math.add(update, lost(after, pair));
    }
    return after
        .withControlDependencies(
            List.of(
                after.scatterUpdate(mean, rows, newMean),
                after.scatterUpdate(meanSquare, rows, newSquare),
                after.scatterSub(pair.variable(), rows, update)))
        .noOp();
  }

  private Operand<TFloat32> lost(Ops after, GradientAndVariable pair) {
    return after.math.mul(
        GradientChange.touched(after, pair), after.math.mul(rate(), number(decay)));
  }

  private Operand<TFloat32> correctedRate(Ops after) {
    Operand<TFloat32> one = number(1);
    return after.math.div(
        after.math.mul(rate(), after.math.sqrt(after.math.sub(one, beta2Power()))),
        after.math.sub(one, beta1Power()));
  }

  @Override
  List<Op> end(Ops last) {
    return List.of(
        last.assign(beta1Power(), last.math.mul(beta1Power(), number(beta1))),
        last.assign(beta2Power(), last.math.mul(beta2Power(), number(beta2))));
  }
}
