package @PACKAGE@;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Activation;
import dev.muster.trial.optimizer.Optimizer;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Says whether a point lies inside a circle: replace the data and the model by yours. */
public final class @CLASS@ extends EstimatorTrial {
  public @CLASS@(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    List<Operand<TFloat32>> coordinates =
        List.of(m.feature("x", TFloat32.class), m.feature("y", TFloat32.class)); // [batch] each
    Operand<TFloat32> point = m.tf().stack(coordinates, Stack.axis(1L)); // [batch, 2]
    int units = context().hparam("hidden_units").asInt();
    Operand<TFloat32> hidden = m.layers().dense("hidden", point, units, Activation.RELU);
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, 2);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> inside = m.label("inside", TInt64.class); // [batch]
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(inside, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(inside, logits));
    }
    float rate = context().hparam("learning_rate").asFloat();
    Optimizer optimizer = context().wrapOptimizer(m.optimizers().adam(rate));
    return EstimatorSpec.train(loss, optimizer.minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(points("train")).shuffle().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(points("validation")).batch());
  }

  private Dataset points(String split) {
    return Dataset.csv(context().data(split).asString())
        .feature("x", TFloat32.class)
        .feature("y", TFloat32.class)
        .label("inside", TInt64.class);
  }
}
