package com.example.guide;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.RunConfig;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Activation;
import dev.muster.trial.metric.MetricValue;
import dev.muster.trial.optimizer.LearningRate;
import dev.muster.trial.optimizer.Optimizer;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;

/** The guide's trial: the price of a flat from its area and its district. */
public class PricesTrial extends EstimatorTrial {
  public PricesTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model, RunConfig.defaults().saveSummarySteps(50));
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> price = network(m); // [batch, 1]
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("price", price));
    }
    Operand<TFloat32> paid = m.label("price", TFloat32.class); // [batch, 1]
    Operand<TFloat32> loss =
        m.tf().math.add(m.losses().meanSquaredError(paid, price), m.regularization());
    return m.mode() == Mode.EVAL ? eval(m, loss, paid, price) : train(m, loss, price);
  }

  private Operand<TFloat32> network(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> area = m.feature("area", TFloat32.class); // [batch, 1]
    Operand<TFloat32> district =
        m.layers()
            .embedding(
                "district",
                m.preprocessing().hash(m.feature("district", TString.class), 100),
                100,
                4);
    Operand<TFloat32> input = tf.concat(List.of(area, district), tf.constant(1)); // [batch, 5]
    Operand<TFloat32> hidden =
        m.layers().dense("hidden", input, 16, dense -> dense.activation(Activation.RELU));
    hidden = m.layers().dropout("dropout", hidden, 0.1f);
    return m.layers().dense("price", hidden, 1);
  }

  private EstimatorSpec eval(
      ModelScope m, Operand<TFloat32> loss, Operand<TFloat32> paid, Operand<TFloat32> price) {
    return EstimatorSpec.eval(loss)
        .metric("error", m.metrics().meanAbsoluteError(paid, price))
        .metric(
            "worst", context().makeMetric(Map.of("paid", paid, "price", price), new LargestError()))
        .metric(
            "flats",
            context()
                .makeMetric(
                    paid,
                    batches ->
                        MetricValue.scalar(
                            batches.stream().mapToLong(batch -> batch.value().size()).sum())));
  }

  private EstimatorSpec train(ModelScope m, Operand<TFloat32> loss, Operand<TFloat32> price) {
    m.summary("mean_price", m.tf().math.mean(price, m.tf().constant(new int[] {0, 1})));
    float initial = context().hparam("learning_rate").asFloat();
    LearningRate rate = LearningRate.cosineDecay(initial, 1000).withWarmup(20);
    Optimizer optimizer = context().wrapOptimizer(m.optimizers().adam(rate).clipByGlobalNorm(5));
    return EstimatorSpec.train(loss, optimizer.minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(flats("train")).shuffle().batch())
        .hooks(new Metadata("flats of 2026"));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(flats("validation")).batch());
  }

  private Dataset flats(String split) {
    String path = context().data(split).asString();
    return Dataset.of(path, spark -> spark.read().parquet(path))
        .feature("area", TFloat32.class, Shape.of(1))
        .feature("district", TString.class)
        .label("price", TFloat32.class, Shape.of(1));
  }

  @Override
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    return Map.of(
        "tensors",
        ServingInputReceiver.tensors("area", TFloat32.class, Shape.of(-1, 1))
            .and("district", TString.class, Shape.of(-1)),
        "examples",
        ServingInputReceiver.examples("area", TFloat32.class, Shape.of(1))
            .and("district", TString.class, Shape.scalar())
            .withDefault("district", "unknown"));
  }
}
