package com.example.guide;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.optimizer.Optimizer;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.types.TFloat32;

/** Two layers, each with an optimizer of its own. */
public final class TwoOptimizersTrial extends EstimatorTrial {
  public TwoOptimizersTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> area = m.feature("area", TFloat32.class);
    Operand<TFloat32> hidden = m.layers().dense("hidden", area, 8);
    Operand<TFloat32> price = m.layers().dense("price", hidden, 1);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("price", price));
    }
    Operand<TFloat32> loss = m.losses().meanSquaredError(m.label("price", TFloat32.class), price);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    Optimizer fast = context().wrapOptimizer(m.optimizers().adam(0.01f));
    Optimizer slow = context().wrapOptimizer(m.optimizers().sgd(0.001f));
    Op upper = fast.minimize(loss, "price/kernel", "price/bias");
    Op lower = slow.minimize(loss, "hidden/kernel", "hidden/bias");
    Op both = m.tf().withControlDependencies(List.of(upper, lower)).noOp();
    return EstimatorSpec.train(loss, both);
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(flats()).batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(flats()).batch());
  }

  private Dataset flats() {
    return Dataset.csv(context().data("train").asString())
        .feature("area", TFloat32.class, Shape.of(1))
        .label("price", TFloat32.class, Shape.of(1));
  }
}
