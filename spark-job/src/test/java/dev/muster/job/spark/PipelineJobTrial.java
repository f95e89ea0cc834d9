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
import dev.muster.trial.data.MutableBatch;
import dev.muster.trial.layer.Initializer;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** y = w x with a data set that uses all of the pipeline: x = i / 100, y = 2 x, then 2 y + 1. */
public final class PipelineJobTrial extends EstimatorTrial {
  public PipelineJobTrial(EstimatorTrialContext context) {
    super(context);
  }

  private static Dataset column(String name, String expression) {
    return Dataset.of(name, spark -> spark.range(0, 300, 1, 3).selectExpr(expression));
  }

  private Dataset data() {
    Dataset x = column("x", "cast(id / 100 as float) as x").feature("x", TFloat32.class);
    Dataset y = column("y", "cast(id / 50 as float) as y").label("y", TFloat32.class);
    return context()
        .wrapDataset(x.zip(y))
        .skip(20)
        .take(230)
        .shuffleWindow(100)
        .take(205)
        .mapBatch(this::twice)
        .batch()
        .dropRemainder()
        .map(PipelineJobTrial::addOne);
  }

  private void twice(MutableBatch batch, RandomGenerator random) {
    if (context().hparam("fault").asBoolean()) {
      throw new IllegalStateException("no twice today");
    }
    TFloat32 y = batch.tensor("y", TFloat32.class);
    for (int row = 0; row < batch.examples(); row++) {
      y.setFloat(2 * y.getFloat(row), row);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Operand<?>> addOne(Ops tf, Map<String, Operand<?>> columns) {
    Operand<TFloat32> y = (Operand<TFloat32>) columns.get("y");
    columns.put("y", tf.math.add(y, tf.constant(1f)));
    return columns;
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> w = m.variable("w", Shape.scalar(), Initializer.zeros());
    Operand<TFloat32> predicted = tf.math.mul(m.feature("x", TFloat32.class), w);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("y", predicted));
    }
    Operand<TFloat32> y = m.label("y", TFloat32.class);
    Operand<TFloat32> loss = tf.math.mean(tf.math.square(tf.math.sub(predicted, y)), tf.array(0));
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.01f)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(data());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(data());
  }
}
