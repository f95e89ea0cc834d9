package dev.muster.job.runtime;

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
import dev.muster.trial.layer.Activation;
import dev.muster.trial.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A small classifier by SGD or Adam, as the hyperparameter {@code optimizer} says. */
public final class ClassifierTrial extends EstimatorTrial {
  public ClassifierTrial(EstimatorTrialContext context) {
    super(context);
  }

  static Dataset dataset() {
    return Dataset.of("records of the test", spark -> spark.emptyDataFrame())
        .feature("x", TFloat32.class, Shape.of(Clusters.FEATURES))
        .label("y", TInt64.class);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> hidden = m.layers().dense("hidden", x, 16, Activation.RELU);
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, Clusters.CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(y, logits));
    }
    float rate = context().hparam("learning_rate").asFloat();
    Optimizer optimizer =
        context().hparam("optimizer").asString().equals("sgd")
            ? m.optimizers().sgd(rate)
            : m.optimizers().adam(rate);
    return EstimatorSpec.train(loss, context().wrapOptimizer(optimizer).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(dataset()).batch()).hooks(new NoteHook());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(dataset()).batch());
  }

  /** Counts checkpoints in a file that rides along in them. */
  static final class NoteHook extends RunHook {
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
