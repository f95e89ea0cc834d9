package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Sharding;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A classifier whose slots all read all records; it reports the sum of its batches' labels. */
public final class UnshardedTrial extends EstimatorTrial {
  public UnshardedTrial(EstimatorTrialContext context) {
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
    m.summary("mean_label", tf.math.mean(tf.dtypes.cast(y, TFloat32.class), tf.constant(0)));
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.25f)).minimize(loss));
  }

  private Dataset whole() {
    return context().wrapDataset(ClassifierTrial.dataset(), Sharding.NONE);
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(whole().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(whole().batch());
  }
}
