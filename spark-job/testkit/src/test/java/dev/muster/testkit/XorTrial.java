package dev.muster.testkit;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Activation;
import dev.muster.trial.optimizer.Optimizer;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Exclusive or: one hidden layer of 2 sigmoid units, on the sum of the batch's losses. The
 * hyperparameter {@code optimizer} is sgd (default) or adam, both with learning rate 0.1.
 */
public class XorTrial extends EstimatorTrial {
  static final List<Map<String, Object>> ROWS =
      List.of(row(0, 0, 0), row(0, 1, 1), row(1, 0, 1), row(1, 1, 0));

  public XorTrial(EstimatorTrialContext context) {
    super(context);
  }

  private static Map<String, Object> row(int a, int b, int result) {
    return Map.of("input", new float[] {a, b}, "result", (float) result);
  }

  private static Dataset rows() {
    return Dataset.rows(ROWS)
        .feature("input", TFloat32.class, Shape.of(2))
        .label("result", TFloat32.class);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> input = m.feature("input", TFloat32.class);
    Operand<TFloat32> hidden = m.layers().dense("hidden", input, 2, Activation.SIGMOID);
    Operand<TFloat32> logits = tf.reshape(m.layers().dense("logit", hidden, 1), tf.array(-1));
    Operand<TFloat32> probability = tf.math.sigmoid(logits);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("probability", probability));
    }
    Operand<TFloat32> result = m.label("result", TFloat32.class);
    Operand<TFloat32> one = tf.constant(1f);
    // max(x, 0) - x z + log(1 + exp(-|x|)), TensorFlow's sigmoid cross entropy
    Operand<TFloat32> losses =
        tf.math.add(
            tf.math.sub(tf.nn.relu(logits), tf.math.mul(logits, result)),
            tf.math.log(tf.math.add(one, tf.math.exp(tf.math.neg(tf.math.abs(logits))))));
    Operand<TFloat32> loss = tf.reduceSum(losses, tf.array(0));
    if (m.mode() == Mode.EVAL) {
      Operand<TFloat32> right =
          tf.dtypes.cast(tf.math.equal(tf.math.round(probability), result), TFloat32.class);
      return EstimatorSpec.eval(loss).metric("accuracy", tf.math.mean(right, tf.array(0)));
    }
    Map<String, Object> hparams = context().hparams();
    Optimizer optimizer =
        hparams.getOrDefault("optimizer", "sgd").equals("adam")
            ? m.optimizers().adam(0.1f)
            : m.optimizers().sgd(0.1f);
    return EstimatorSpec.train(loss, context().wrapOptimizer(optimizer).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(rows()).batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(rows()).batch());
  }

  @Override
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    return Map.of(
        "inference", ServingInputReceiver.tensors("input", TFloat32.class, Shape.of(-1, 2)));
  }
}
