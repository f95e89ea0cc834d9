package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.optimizer.Optimizer;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A classifier by the vectors of a table's rows, whose numbers are made of the features. */
public final class EmbeddingTrial extends EstimatorTrial {
  static final int ROWS = 60;
  static final int DIMENSIONS = 3;
  static final String TABLE = "table/embeddings";

  public EmbeddingTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> vectors = m.layers().embedding("table", ids(m), ROWS, DIMENSIONS);
    Operand<TFloat32> flat =
        m.tf().reshape(vectors, m.tf().constant(new int[] {-1, Clusters.FEATURES * DIMENSIONS}));
    Operand<TFloat32> logits = m.layers().dense("logits", flat, Clusters.CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", logits));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    Optimizer optimizer =
        context().hparam("optimizer").asString().equals("adam")
            ? m.optimizers().adam(0.01f)
            : m.optimizers().adagrad(0.1f);
    return EstimatorSpec.train(loss, context().wrapOptimizer(optimizer).minimize(loss));
  }

  /** Below 30, and most of them small: steps touch few rows, and some are touched by no record. */
  private static Operand<TInt64> ids(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> x = tf.math.abs(m.feature("x", TFloat32.class));
    Operand<TFloat32> scaled = tf.math.mul(tf.math.square(x), tf.constant(4f));
    return tf.dtypes.cast(tf.math.minimum(scaled, tf.constant(29f)), TInt64.class);
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
