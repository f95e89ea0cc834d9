package dev.muster.examples.digits;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Source;
import dev.muster.trial.layer.Activation;
import dev.muster.trial.optimizer.Optimizer;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

/**
 * Reads digits: a network with one hidden layer on images of 28 × 28 pixels.
 *
 * <p>The images are drawn from random strokes. With {@code data: {mnist: DIRECTORY}} they are
 * MNIST's. {@code train_images}, {@code validation_images} and {@code seed} below {@code data}
 * change how many are drawn, and which.
 */
public final class DigitsTrial extends EstimatorTrial {
  private static final int HIDDEN_UNITS = 128;
  private static final int DIGITS = 10;

  public DigitsTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TUint8> pixels = m.feature("image", TUint8.class); // [batch, 784], 0 to 255
    Operand<TFloat32> image =
        m.tf().math.mul(m.tf().dtypes.cast(pixels, TFloat32.class), m.tf().constant(1f / 255));
    Operand<TFloat32> hidden = m.layers().dense("hidden", image, HIDDEN_UNITS, Activation.RELU);
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, DIGITS);
    Operand<TFloat32> scores = m.tf().nn.softmax(logits); // [batch, 10], each row sums to 1
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", scores));
    }
    Operand<TInt64> digit = m.label("digit", TInt64.class); // [batch]
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(digit, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss)
          .metric("accuracy", m.metrics().accuracy(digit, logits))
          .metric(
              "worst_digit",
              context().makeMetric(Map.of("labels", digit, "scores", scores), new WorstDigit()));
    }
    Optimizer optimizer =
        context().wrapOptimizer(m.optimizers().adam(context().hparam("learning_rate").asFloat()));
    return EstimatorSpec.train(loss, optimizer.minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(digits(true)).shuffle().batch())
        .hooks(new MyHook(context(), "my_metadata"));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(digits(false)).batch());
  }

  @Override
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    return Map.of(
        "digits",
        ServingInputReceiver.tensors(
            "image", TUint8.class, Shape.of(Shape.UNKNOWN_SIZE, DrawnDigit.PIXELS)));
  }

  private Dataset digits(boolean training) {
    return (context().hasData("mnist") ? mnist(training) : drawn(training))
        .feature("image", TUint8.class, Shape.of(DrawnDigit.PIXELS))
        .label("digit", TInt64.class);
  }

  private Dataset mnist(boolean training) {
    String directory = context().data("mnist").asString();
    return Dataset.of(directory, new MnistDigits(directory, training));
  }

  private Dataset drawn(boolean training) {
    long seed = data("seed", 1);
    Source source =
        training
            ? new DrawnDigits(2 * seed, data("train_images", 20_000))
            : new DrawnDigits(2 * seed + 1, data("validation_images", 2_000));
    return Dataset.of("drawn digits", source);
  }

  private long data(String name, long otherwise) {
    return context().hasData(name) ? context().data(name).asLong() : otherwise;
  }
}
