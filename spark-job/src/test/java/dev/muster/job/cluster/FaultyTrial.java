package dev.muster.job.cluster;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.RunHook;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A small trial that goes wrong on demand, which {@link SubmitIT} submits: {@code data: {fault:
 * nan}} makes its training loss NaN; {@code fault: checkpoint} writes the file {@code data: marker}
 * in its second checkpoint and stays there for two minutes; {@code fault: archive} copies a file of
 * the archive {@code words} into its checkpoints.
 */
public final class FaultyTrial extends EstimatorTrial {
  private static final int FEATURES = 4;

  public FaultyTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> logits = m.layers().dense("logits", x, 2);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(y, logits));
    }
    if (fault("nan")) {
      loss = m.tf().math.mul(loss, m.tf().math.log(m.tf().constant(-1f)));
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.001f)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    TrainSpec spec = TrainSpec.of(context().wrapDataset(numbers()).batch());
    if (fault("archive")) {
      return spec.hooks(new Keep());
    }
    return fault("checkpoint")
        ? spec.hooks(new Stay(Path.of(context().data("marker").asString())))
        : spec;
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(numbers()).batch());
  }

  private boolean fault(String name) {
    return context().hasData("fault") && context().data("fault").asString().equals(name);
  }

  private static Dataset numbers() {
    return Dataset.of(
            "numbers",
            spark ->
                spark
                    .range(64)
                    .selectExpr(
                        "array_repeat(cast(sin(id) as float), " + FEATURES + ") as x",
                        "id % 2 as y"))
        .feature("x", TFloat32.class, Shape.of(FEATURES))
        .label("y", TInt64.class);
  }

  /** Stays in the second checkpoint. */
  private static final class Stay extends RunHook {
    private final Path marker;
    private int checkpoints;

    Stay(Path marker) {
      this.marker = marker;
    }

    @Override
    public void onCheckpointEnd(Path directory) throws IOException {
      checkpoints++;
      if (checkpoints == 2) {
        Files.writeString(marker, directory.toString());
        try {
          if (new CountDownLatch(1).await(2, TimeUnit.MINUTES)) {
            throw new IllegalStateException("nobody counts down");
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted in a checkpoint");
        }
      }
    }
  }

  /** Spark lays an archive into the executor's working directory. */
  private static final class Keep extends RunHook {
    @Override
    public void onCheckpointEnd(Path directory) throws IOException {
      Files.copy(Path.of("words", "vocabulary.txt"), directory.resolve("vocabulary.txt"));
    }
  }
}
