package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.layer.Activation;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.optimizer.GradientAndVariable;
import dev.muster.trial.optimizer.Optimizer;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A small classifier whose training op is built as the hyperparameter {@code way} says. */
public final class OptimizersTrial extends EstimatorTrial {
  /** How often the steps of a slot updated: a statistic, so it may differ between slots. */
  static final String STEPS = "steps_with_examples";

  private final float rate;

  public OptimizersTrial(EstimatorTrialContext context) {
    super(context);
    rate = context.hparam("rate").asFloat();
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> hidden = m.layers().dense("hidden", x, 16, Activation.RELU);
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, Clusters.CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", logits));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    countSteps(m);
    Op trainOp = trainOp(m, loss);
    return EstimatorSpec.train(
        context().hparam("way").asString().equals("lossBehindUpdate")
            ? m.tf().withControlDependencies(List.of(trainOp)).identity(loss)
            : loss,
        trainOp);
  }

  private static void countSteps(ModelScope m) {
    Operand<TFloat32> steps = m.untrainedVariable(STEPS, Shape.scalar(), Initializer.zeros());
    m.onStep(tf -> tf.assignAdd(steps, tf.constant(1f)));
  }

  private Op trainOp(ModelScope m, Operand<TFloat32> loss) {
    Ops tf = m.tf();
    Operand<TFloat32> twice = tf.math.mul(loss, tf.constant(2f));
    Optimizer sgd = m.optimizers().sgd(rate);
    switch (context().hparam("way").asString()) {
      case "one", "lossBehindUpdate":
        return context().wrapOptimizer(sgd).minimize(loss);
      case "two":
        return both(
            tf,
            apply(context().wrapOptimizer(sgd), loss, "hidden/"),
            apply(context().wrapOptimizer(m.optimizers().sgd(rate)), loss, "logits/"));
      case "different":
        return both(
            tf,
            apply(context().wrapOptimizer(m.optimizers().adam(rate)), twice, "hidden/"),
            apply(context().wrapOptimizer(sgd), loss, "logits/"));
      case "clipped":
        Optimizer wrapped = context().wrapOptimizer(sgd);
        return wrapped.applyGradients(
            wrapped.computeGradients(loss).stream()
                .map(
                    pair ->
                        new GradientAndVariable(
                            tf.clipByValue(
                                pair.gradient(), tf.constant(-0.01f), tf.constant(0.01f)),
                            pair.variable()))
                .toList());
      case "none":
        return context().wrapOptimizer(null).minimize(loss);
      case "noneAndOne":
        context().wrapOptimizer(null);
        return context().wrapOptimizer(sgd).minimize(loss);
      case "unwrapped":
        return sgd.minimize(loss);
      case "unwrappedToo":
        return both(
            tf,
            apply(context().wrapOptimizer(sgd), loss, "hidden/"),
            apply(m.optimizers().sgd(rate), loss, "logits/"));
      case "notApplied":
        context().wrapOptimizer(m.optimizers().adam(rate));
        return context().wrapOptimizer(sgd).minimize(loss);
      case "notInTrainOp":
        Op first = apply(context().wrapOptimizer(sgd), loss, "hidden/");
        apply(context().wrapOptimizer(m.optimizers().adam(rate)), loss, "logits/");
        return first;
      case "oneAfterTheOther":
        Op generator = apply(context().wrapOptimizer(sgd), loss, "hidden/");
        Operand<TFloat32> later = tf.withControlDependencies(List.of(generator)).identity(twice);
        return apply(context().wrapOptimizer(m.optimizers().adam(rate)), later, "logits/");
      default:
        throw new IllegalArgumentException(context().hparam("way").asString());
    }
  }

  private static Op apply(Optimizer optimizer, Operand<TFloat32> loss, String layer) {
    return optimizer.minimize(loss, layer + "kernel", layer + "bias");
  }

  private static Op both(Ops tf, Op first, Op second) {
    return tf.withControlDependencies(List.of(first, second)).noOp();
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(ClassifierTrial.dataset()).batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(ClassifierTrial.dataset()).batch());
  }
}
