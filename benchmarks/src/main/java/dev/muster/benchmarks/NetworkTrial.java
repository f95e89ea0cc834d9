package dev.muster.benchmarks;

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

/** The network 784-1024-1024-10 as a user writes it; {@link PlainLoop} is the same by hand. */
public final class NetworkTrial extends EstimatorTrial {
  static final int HIDDEN = 1024;
  static final float LEARNING_RATE = 1e-3f;

  private static final int VALIDATION_RECORDS = 100;

  /** Normal with variance 1 / fan in. */
  private static final Initializer KERNEL =
      (tf, shape, seed) ->
          tf.math.mul(
              tf.random.statelessRandomNormal(
                  tf.constant(shape.asArray()), tf.constant(new long[] {seed, 1}), TFloat32.class),
              tf.constant((float) Math.sqrt(1.0 / shape.get(0))));

  public NetworkTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> image = m.feature("image", TFloat32.class); // [batch, 784]
    Operand<TFloat32> first = dense(m, "first", image, HIDDEN, Activation.RELU);
    Operand<TFloat32> second = dense(m, "second", first, HIDDEN, Activation.RELU);
    Operand<TFloat32> logits = dense(m, "logits", second, Images.DIGITS, Activation.LINEAR);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> digit = m.label("digit", TInt64.class); // [batch]
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(digit, logits);
    return m.mode() == Mode.EVAL
        ? EstimatorSpec.eval(loss)
        : EstimatorSpec.train(
            loss, context().wrapOptimizer(m.optimizers().adam(LEARNING_RATE)).minimize(loss));
  }

  private static Operand<TFloat32> dense(
      ModelScope m, String name, Operand<TFloat32> input, int units, Activation activation) {
    return m.layers()
        .dense(
            name,
            input,
            units,
            options -> options.activation(activation).kernelInitializer(KERNEL));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(images(Images.RECORDS)).repeat().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(images(VALIDATION_RECORDS)).batch());
  }

  private static Dataset images(long count) {
    return Dataset.of("random images", new RandomImages(count))
        .feature("image", TFloat32.class, Shape.of(Images.PIXELS))
        .label("digit", TInt64.class);
  }
}
