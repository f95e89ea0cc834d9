package dev.muster.testkit;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.SparseFeature;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MetricValue;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * y = w · hot, w from 0: {@code hot} is a sparse feature of two, {@code tokens} are padded with -1;
 * {@code words} are as long as they are.
 */
public final class VariableTrial extends EstimatorTrial {
  public VariableTrial(EstimatorTrialContext context) {
    super(context);
  }

  private static Map<String, Object> row(List<Float> hot, List<Long> tokens, String word) {
    return Map.of("hot", hot, "tokens", tokens, "word", word, "y", 1f);
  }

  private Dataset rows() {
    return context()
        .wrapDataset(
            Dataset.rows(
                    List.of(
                        row(List.of(2f), List.of(1L), "a"),
                        row(List.of(1f, 3f), List.of(1L, 2L), "b".repeat(100)),
                        row(List.of(), List.of(), ""),
                        row(List.of(4f), List.of(3L), "größe")))
                .sparseFeature("hot", TFloat32.class, Shape.of(-1))
                .feature("tokens", TInt64.class, Shape.of(-1))
                .padding("tokens", -1)
                .feature("word", TString.class)
                .label("y", TFloat32.class))
        .batch();
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    SparseFeature<TFloat32> hot = m.sparseFeature("hot", TFloat32.class);
    Operand<TInt64> rows = tf.gather(hot.denseShape(), tf.constant(0L), tf.constant(0));
    Operand<TInt64> shape = tf.stack(List.of(rows, tf.constant(2L)));
    Operand<TFloat32> dense = tf.scatterNd(hot.indices(), hot.values(), shape);
    Operand<TFloat32> w = m.variable("w", Shape.of(2, 1), Initializer.zeros());
    Operand<TFloat32> predicted = tf.reshape(tf.linalg.matMul(dense, w), tf.array(-1));
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("y", predicted));
    }
    Operand<TFloat32> y = m.label("y", TFloat32.class);
    Operand<TFloat32> loss = tf.math.mean(tf.math.square(tf.math.sub(predicted, y)), tf.array(0));
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss)
          .metric("tokens", context().makeMetric(m.feature("tokens", TInt64.class), Sums::all))
          .metric(
              "letters",
              context()
                  .makeMetric(
                      tf.strings.stringLength(m.feature("word", TString.class)), Sums::all));
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.1f)).minimize(loss));
  }

  private static final class Sums {
    private Sums() {}

    static MetricValue all(List<BatchValues> batches) {
      return MetricValue.scalar(
          batches.stream()
              .flatMapToDouble(batch -> DoubleStream.of(batch.value().asDoubles()))
              .sum());
    }
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(rows());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(rows());
  }
}
