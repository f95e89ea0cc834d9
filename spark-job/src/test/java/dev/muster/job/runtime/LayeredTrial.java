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
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A classifier with Muster's own dropout and batch normalization, whose statistics are frozen if
 * {@code frozen} is true.
 */
public final class LayeredTrial extends EstimatorTrial {
  public LayeredTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    boolean frozen = context().hparam("frozen").asBoolean();
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> hidden = m.layers().dense("hidden", x, 16, Activation.RELU);
    hidden =
        m.layers()
            .batchNormalization(
                "norm",
                hidden,
                options -> {
                  if (frozen) {
                    options.frozenStatistics();
                  }
                });
    if (!frozen) {
      hidden = m.layers().dropout("dropout", hidden, 0.5f);
    }
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, Clusters.CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().adam(0.05f)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(ClassifierTrial.dataset()).shuffle().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(ClassifierTrial.dataset()).batch());
  }
}
