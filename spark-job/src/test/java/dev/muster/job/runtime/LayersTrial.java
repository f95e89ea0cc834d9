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
import dev.muster.trial.layer.Regularizer;
import dev.muster.trial.layer.WideColumn;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A model of many kinds of layers, by SGD; the hyperparameter {@code norm} says which statistics
 * the batch normalization uses, {@code ids} how many rows the embedding has.
 */
public final class LayersTrial extends EstimatorTrial {
  public LayersTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> x = m.feature("x", TFloat32.class); // [batch, 12]
    Operand<TFloat32> image = tf.reshape(x, tf.constant(new int[] {-1, 3, 2, 2}));
    Operand<TFloat32> conv =
        m.layers().conv2d("conv", image, 3, 2, c -> c.activation(Activation.SWISH).withoutBias());
    boolean frozen = context().hparam("norm").asString().equals("frozen");
    Operand<TFloat32> norm =
        m.layers()
            .batchNormalization(
                "norm", conv, b -> (frozen ? b.frozenStatistics() : b).momentum(0.5));
    Operand<TFloat32> flat = m.layers().flatten("flat", norm);
    Operand<TInt64> ids = m.preprocessing().bucketize(x, -1, 0, 1); // [batch, 12]
    Operand<TFloat32> words =
        m.layers()
            .embeddingTable("words", context().hparam("ids").asInt(), 5)
            .mean(ids); // [batch, 5]
    Operand<TFloat32> deep = tf.concat(List.of(flat, words), tf.constant(1));
    Operand<TFloat32> logits =
        tf.math.add(
            m.layers()
                .dense(
                    "logits",
                    m.layers().layerNormalization("ln", deep),
                    Clusters.CLASSES,
                    d -> d.kernelRegularizer(Regularizer.l2(1e-3f))),
            m.layers().wide("wide", List.of(new WideColumn("x", ids, 4)), Clusters.CLASSES));
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", logits));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss =
        tf.math.add(m.losses().sparseSoftmaxCrossEntropy(y, logits), m.regularization());
    if (m.mode() == Mode.EVAL) {
      m.untrainedVariable("steps", Shape.scalar(), Initializer.zeros());
      return EstimatorSpec.eval(loss);
    }
    Operand<TFloat32> steps = m.untrainedVariable("steps", Shape.scalar(), Initializer.zeros());
    m.onStep(ops -> ops.assignAdd(steps, ops.constant(1f)));
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.1f)).minimize(loss));
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
