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
import dev.muster.trial.data.Source;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.layer.Activation;
import dev.muster.trial.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

/**
 * The network of the digits example on images that need no other class than this one; optimizer and
 * shuffling by hyperparameters.
 */
public final class ImagesTrial extends EstimatorTrial {
  static final int PIXELS = 784;
  static final int HIDDEN = 128;
  static final int DIGITS = 10;

  public ImagesTrial(EstimatorTrialContext context) {
    super(context);
  }

  /** The digit on an image. */
  static int digit(long index) {
    return new SplittableRandom(index).nextInt(DIGITS);
  }

  /** An image: bright bands by its digit, and noise. */
  static byte[] pixels(long index) {
    SplittableRandom random = new SplittableRandom(~index);
    int digit = digit(index);
    byte[] pixels = new byte[PIXELS];
    for (int p = 0; p < PIXELS; p++) {
      int band = (p / 28 + 3 * digit) % DIGITS < 4 ? 100 : 0;
      pixels[p] = (byte) (band + random.nextInt(156));
    }
    return pixels;
  }

  /** Images in the order of their numbers; the executors draw them. */
  private record Images(long first, long count) implements Source {
    private static final StructType SCHEMA =
        new StructType()
            .add("image", DataTypes.BinaryType, false)
            .add("digit", DataTypes.LongType, false);

    @Override
    public org.apache.spark.sql.Dataset<Row> rows(SparkSession spark) {
      MapFunction<Long, Row> draw = index -> RowFactory.create(pixels(index), (long) digit(index));
      return spark.range(first, first + count).map(draw, Encoders.row(SCHEMA));
    }
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TUint8> pixels = m.feature("image", TUint8.class);
    Operand<TFloat32> image =
        m.tf().math.mul(m.tf().dtypes.cast(pixels, TFloat32.class), m.tf().constant(1f / 255));
    Operand<TFloat32> hidden = m.layers().dense("hidden", image, hidden(), Activation.RELU);
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, DIGITS);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> digit = m.label("digit", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(digit, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(digit, logits));
    }
    float rate = context().hparam("learning_rate").asFloat();
    Optimizer optimizer =
        context().hparam("optimizer").asString().equals("sgd")
            ? m.optimizers().sgd(rate)
            : m.optimizers().adam(rate);
    return EstimatorSpec.train(loss, context().wrapOptimizer(optimizer).minimize(loss));
  }

  private int hidden() {
    return context().hparams().containsKey("hidden") ? context().hparam("hidden").asInt() : HIDDEN;
  }

  @Override
  public TrainSpec buildTrainSpec() {
    long first = context().hparams().containsKey("first") ? context().hparam("first").asLong() : 0;
    Dataset images = context().wrapDataset(images(first, context().data("images").asLong()));
    boolean shuffle = context().hparam("shuffle").asBoolean();
    return TrainSpec.of((shuffle ? images.shuffle() : images).batch()).hooks(new CountHook());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(images(1_000_000, 50)).batch());
  }

  private static Dataset images(long first, long count) {
    return Dataset.of("images of the test", new Images(first, count))
        .feature("image", TUint8.class, Shape.of(PIXELS))
        .label("digit", TInt64.class);
  }

  /** Counts the checkpoints in a file that rides along in them. */
  private static final class CountHook extends RunHook {
    private int checkpoints;

    @Override
    public void onCheckpointLoad(Path directory) throws IOException {
      checkpoints = Integer.parseInt(Files.readString(directory.resolve("custom.log")));
    }

    @Override
    public void onCheckpointEnd(Path directory) throws IOException {
      checkpoints++;
      Files.writeString(directory.resolve("custom.log"), Integer.toString(checkpoints));
    }
  }
}
