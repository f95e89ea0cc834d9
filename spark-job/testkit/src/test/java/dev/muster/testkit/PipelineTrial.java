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
import dev.muster.trial.data.MutableBatch;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MetricValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** y = w x, w from 0: record i has x = y = i and the name "i"; the hyperparameter says the rest. */
public final class PipelineTrial extends EstimatorTrial {
  public PipelineTrial(EstimatorTrialContext context) {
    super(context);
  }

  private static Dataset upTo(int records) {
    List<Map<String, Object>> rows =
        IntStream.range(0, records)
            .mapToObj(i -> Map.<String, Object>of("x", (float) i, "y", (float) i, "name", "" + i))
            .toList();
    return Dataset.rows(rows)
        .feature("x", TFloat32.class)
        .feature("name", TString.class)
        .label("y", TFloat32.class);
  }

  private Dataset pipeline(Dataset rows) {
    String pipeline = context().hparam("pipeline").asString();
    return switch (pipeline) {
      case "map" -> rows.map(PipelineTrial::addOne).batch().map(PipelineTrial::twice);
      case "noise" -> rows.shuffle().batch().map(PipelineTrial::addNoise);
      case "null map" -> rows.map(PipelineTrial::nothing).batch();
      case "map to null" -> rows.map(PipelineTrial::withNull).batch();
      case "map to labels" -> rows.map((tf, columns) -> Map.of("y", columns.get("y"))).batch();
      case "failing map" -> rows.map(PipelineTrial::fail).batch();
      case "mapBatch" ->
          rows.mapBatch((batch, random) -> scale(batch, 10)).batch().mapBatch(this::addX);
      case "drawn" -> rows.shuffle().mapBatch(PipelineTrial::addDrawn).batch();
      case "failing mapBatch" -> rows.mapBatch(PipelineTrial::failAtFour).batch();
      case "texts" -> rows.mapBatch(PipelineTrial::yOfName).batch();
      case "write texts" ->
          rows.mapBatch((batch, random) -> batch.tensor("name", TString.class).setObject("", 0))
              .batch();
      case "no column" ->
          rows.mapBatch((batch, random) -> batch.tensor("z", TFloat32.class)).batch();
      case "wrong type" ->
          rows.mapBatch((batch, random) -> batch.tensor("x", TInt64.class)).batch();
      case "part" -> rows.skip(2).take(7).batch();
      case "part of each pass" -> rows.shuffle(5).skip(1).take(6).batch();
      case "window" -> rows.shuffleWindow(6, 5).batch();
      case "twice" -> rows.repeat(2).batch();
      case "twice in batches" -> rows.batch().repeat(2);
      case "zip" -> zipped(rows).batch();
      case "whole batches" -> rows.batch().dropRemainder();
      default -> throw new IllegalArgumentException(pipeline);
    };
  }

  /** In place of the rows: theirs side by side with 100, 101 … as y, of which there are 9. */
  private Dataset zipped(Dataset rows) {
    List<Map<String, Float>> labels =
        IntStream.range(100, 109).mapToObj(i -> Map.of("label", (float) i)).toList();
    Dataset x = Dataset.of("x", rows.source()).feature("x", TFloat32.class);
    return context()
        .wrapDataset(x.zip(Dataset.rows(labels).label("label", TFloat32.class)))
        .map((tf, columns) -> Map.of("x", columns.get("x"), "label", columns.get("label")));
  }

  private static Map<String, Operand<?>> addOne(Ops tf, Map<String, Operand<?>> columns) {
    columns.put("y", tf.math.add(y(columns), tf.constant(1f)));
    return columns;
  }

  private static Map<String, Operand<?>> twice(Ops tf, Map<String, Operand<?>> columns) {
    Operand<TFloat32> two = tf.constant(2f);
    return Map.of("x", tf.math.mul(x(columns), two), "y", tf.math.mul(y(columns), two));
  }

  private static Map<String, Operand<?>> addNoise(Ops tf, Map<String, Operand<?>> columns) {
    Operand<TFloat32> y = y(columns);
    columns.put("y", tf.math.add(y, tf.random.randomUniform(tf.shape(y), TFloat32.class)));
    return columns;
  }

  @SuppressWarnings("NullAway") // What a mistaken trial returns.
  private static Map<String, Operand<?>> nothing(Ops tf, Map<String, Operand<?>> columns) {
    return null;
  }

  @SuppressWarnings("NullAway") // As above.
  private static Map<String, Operand<?>> withNull(Ops tf, Map<String, Operand<?>> columns) {
    Map<String, Operand<?>> returned = new LinkedHashMap<>(columns);
    returned.put("x", null);
    return returned;
  }

  private static Map<String, Operand<?>> fail(Ops tf, Map<String, Operand<?>> columns) {
    throw new IllegalStateException("no such column");
  }

  @SuppressWarnings("unchecked")
  private static Operand<TFloat32> x(Map<String, Operand<?>> columns) {
    return (Operand<TFloat32>) Objects.requireNonNull(columns.get("x"));
  }

  @SuppressWarnings("unchecked")
  private static Operand<TFloat32> y(Map<String, Operand<?>> columns) {
    return (Operand<TFloat32>) Objects.requireNonNull(columns.get("y"));
  }

  private static void scale(MutableBatch batch, float factor) {
    TFloat32 y = batch.tensor("y", TFloat32.class);
    for (int row = 0; row < batch.examples(); row++) {
      y.setFloat(y.getFloat(row) * factor, row);
    }
  }

  private void addX(MutableBatch batch, RandomGenerator random) {
    TFloat32 y = batch.tensor("y", TFloat32.class);
    for (int row = 0; row < batch.examples(); row++) {
      y.setFloat(y.getFloat(row) + batch.tensor("x", TFloat32.class).getFloat(row), row);
    }
  }

  private static void addDrawn(MutableBatch batch, RandomGenerator random) {
    TFloat32 y = batch.tensor("y", TFloat32.class);
    for (int row = 0; row < batch.examples(); row++) {
      y.setFloat(y.getFloat(row) + random.nextFloat(), row);
    }
  }

  private static void failAtFour(MutableBatch batch, RandomGenerator random) {
    if (batch.tensor("x", TFloat32.class).getFloat(0) >= 4) {
      throw new IllegalStateException("too dark");
    }
  }

  private static void yOfName(MutableBatch batch, RandomGenerator random) {
    for (int row = 0; row < batch.examples(); row++) {
      String name = batch.tensor("name", TString.class).getObject(row);
      batch.tensor("y", TFloat32.class).setFloat(2 * Float.parseFloat(name), row);
    }
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
    Operand<TFloat32> y =
        m.label(
            context().hparam("pipeline").asString().equals("zip") ? "label" : "y", TFloat32.class);
    Operand<TFloat32> loss = tf.math.mean(tf.math.square(tf.math.sub(predicted, y)), tf.array(0));
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss)
          .metric("labels", context().makeMetric(y, PipelineTrial::sum))
          .metric("count", context().makeMetric(y, PipelineTrial::count));
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(1e-3f)).minimize(loss));
  }

  private static MetricValue sum(List<BatchValues> batches) {
    return MetricValue.scalar(
        batches.stream()
            .flatMapToDouble(batch -> DoubleStream.of(batch.value().asDoubles()))
            .sum());
  }

  private static MetricValue count(List<BatchValues> batches) {
    return MetricValue.scalar(
        batches.stream().mapToLong(batch -> batch.value().asDoubles().length).sum());
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(pipeline(context().wrapDataset(upTo(18))));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(pipeline(context().wrapDataset(upTo(10))));
  }
}
