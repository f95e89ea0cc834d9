package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A classifier that reports the mean of its labels, and by an op of TensorFlow's the largest. */
public final class SummaryTrial extends EstimatorTrial {
  public SummaryTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> logits =
        m.layers().dense("logits", m.feature("x", TFloat32.class), Clusters.CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("logits", logits));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    Operand<TFloat32> labels = tf.dtypes.cast(y, TFloat32.class);
    m.summary(context().hparam("mean_name").asString(), tf.math.mean(labels, tf.constant(0)));
    tf.summary.scalarSummary(tf.constant("max_label"), tf.max(y, tf.constant(0)));
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.25f)).minimize(loss));
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
