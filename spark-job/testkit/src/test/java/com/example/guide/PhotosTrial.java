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
import dev.muster.trial.data.MutableBatch;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

/** Tells bright photos from dark ones: the trial of {@code docs/preparing-data.md}. */
public final class PhotosTrial extends EstimatorTrial {
  private static final int PIXELS = 16;
  private static final int HELD_OUT = 40;

  public PhotosTrial(EstimatorTrialContext context) {
    super(context);
  }

  private Dataset photos() {
    String photos = context().data("photos").asString();
    Dataset pixels =
        Dataset.of(photos, spark -> spark.read().parquet(photos))
            .feature("pixels", TUint8.class, Shape.of(PIXELS));
    return pixels.zip(
        Dataset.csv(context().data("labels").asString()).label("bright", TInt64.class));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(
        context()
            .wrapDataset(photos())
            .skip(HELD_OUT)
            .shuffleWindow(100_000)
            .mapBatch(PhotosTrial::darken)
            .batch()
            .dropRemainder()
            .map(PhotosTrial::scaled)
            .map(PhotosTrial::noisy));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(
        context().wrapDataset(photos()).take(HELD_OUT).batch(8).map(PhotosTrial::scaled));
  }

  private static Map<String, Operand<?>> scaled(Ops tf, Map<String, Operand<?>> columns) {
    Operand<TFloat32> pixels = tf.dtypes.cast(columns.get("pixels"), TFloat32.class);
    columns.put("pixels", tf.math.div(pixels, tf.constant(255f)));
    return columns;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Operand<?>> noisy(Ops tf, Map<String, Operand<?>> columns) {
    Operand<TFloat32> pixels = (Operand<TFloat32>) columns.get("pixels");
    Operand<TFloat32> noise = tf.random.randomStandardNormal(tf.shape(pixels), TFloat32.class);
    columns.put("pixels", tf.math.add(pixels, tf.math.mul(noise, tf.constant(0.05f))));
    return columns;
  }

  private static void darken(MutableBatch batch, RandomGenerator random) {
    TUint8 pixels = batch.tensor("pixels", TUint8.class);
    for (int photo = 0; photo < batch.examples(); photo++) {
      double factor = random.nextDouble(0.8, 1);
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        int value = Byte.toUnsignedInt(pixels.getByte(photo, pixel));
        pixels.setByte((byte) Math.round(value * factor), photo, pixel);
      }
    }
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> logits = m.layers().dense("logits", m.feature("pixels", TFloat32.class), 2);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> bright = m.label("bright", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(bright, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(bright, logits));
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().adam(0.05f)).minimize(loss));
  }
}
