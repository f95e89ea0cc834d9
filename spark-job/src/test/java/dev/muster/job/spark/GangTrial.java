package dev.muster.job.spark;

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
import dev.muster.trial.layer.Initializer;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A small classifier by SGD on rows that integers make. {@code data.gap} is the action of its
 * {@link GapReducer}, {@code data.constant} the value of a variable that nothing changes.
 */
public final class GangTrial extends EstimatorTrial {
  static final int FEATURES = 32;
  static final int CLASSES = 4;
  private static final int CONSTANTS = 64;

  public GangTrial(EstimatorTrialContext context) {
    super(context);
  }

  static Dataset rows(long first, long count) {
    return Dataset.of(
            "rows of the test",
            spark ->
                spark
                    .range(first, first + count, 1, 3)
                    .selectExpr(
                        "transform(sequence(0, 31), i -> float(((id * (2 * i + 1)) % 17) / 17.0D)) AS x",
                        "(id * 7) % 4 AS y"))
        .feature("x", TFloat32.class, Shape.of(FEATURES))
        .label("y", TInt64.class);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    int units = Math.toIntExact(context().hparam("hidden").asLong());
    Operand<TFloat32> hidden = m.layers().dense("hidden", x, units, Activation.RELU);
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    if (context().hasData("constant")) { // a weight that the slots tell each other and never change
      m.untrainedVariable(
          "constant",
          Shape.of(CONSTANTS),
          Initializer.constant(context().data("constant").asFloat()));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      String gap = context().hasData("gap") ? context().data("gap").asString() : "";
      return EstimatorSpec.eval(loss)
          .metric("accuracy", m.metrics().accuracy(y, logits))
          .metric("examples", context().makeMetric(Map.of("y", y), new GapReducer(gap)));
    }
    float rate = context().hparam("learning_rate").asFloat();
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(rate)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    Dataset rows = rows(0, context().data("records").asLong());
    return TrainSpec.of(context().wrapDataset(rows).shuffle().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(rows(100_000, 101)).batch());
  }
}
