package dev.muster.testkit;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** y = x by one weight that starts at 0; its metrics sum the labels of the validation. */
public final class LinearTrial extends EstimatorTrial {
  public LinearTrial(EstimatorTrialContext context) {
    super(context);
  }

  private static Dataset upTo(int records) {
    List<Map<String, Float>> rows =
        IntStream.range(0, records).mapToObj(i -> Map.of("x", (float) i, "y", (float) i)).toList();
    return Dataset.rows(rows).feature("x", TFloat32.class).label("y", TFloat32.class);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> w = m.variable("w", Shape.scalar(), Initializer.zeros());
    Operand<TFloat32> predicted = tf.math.mul(x, w);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("y", predicted));
    }
    Operand<TFloat32> y = m.label("y", TFloat32.class);
    Operand<TFloat32> loss = tf.math.mean(tf.math.square(tf.math.sub(predicted, y)), tf.array(0));
    if (m.mode() == Mode.EVAL) {
      List<Operand<TFloat32>> list = List.of(y, y);
      Map<String, Operand<TFloat32>> map = Map.of("a", y, "b", y);
      return EstimatorSpec.eval(loss)
          .metric("tensor_by_reducer", context().makeMetric(y, new LabelSum()))
          .metric("list_by_reducer", context().makeMetric(list, new LabelSum()))
          .metric("map_by_reducer", context().makeMetric(map, new LabelSum()))
          .metric("tensor_by_function", context().makeMetric(y, LinearTrial::sum))
          .metric("list_by_function", context().makeMetric(list, LinearTrial::sum))
          .metric("map_by_function", context().makeMetric(map, LinearTrial::sum));
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(1e-4f)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(upTo(100)).batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(upTo(10)).batch());
  }

  private static double sum(BatchValues batch) {
    return batch.names().stream()
        .flatMapToDouble(name -> DoubleStream.of(batch.value(name).asDoubles()))
        .sum();
  }

  private static MetricValue sum(List<BatchValues> batches) {
    return MetricValue.scalar(batches.stream().mapToDouble(LinearTrial::sum).sum());
  }

  /** Adds up all values of all tensors. */
  static final class LabelSum implements MetricReducer<Double> {
    @Override
    public Double empty() {
      return 0.0;
    }

    @Override
    public Double accumulate(Double soFar, BatchValues batch) {
      return soFar + sum(batch);
    }

    @Override
    public MetricValue crossSlotReduce(List<Double> perSlot) {
      return MetricValue.scalar(perSlot.stream().mapToDouble(Double::doubleValue).sum());
    }
  }
}
