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
import dev.muster.trial.layer.Activation;
import dev.muster.trial.layer.BatchNormalizationOptions;
import dev.muster.trial.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A small classifier. Hyperparameters: {@code model} (plain, embedding, norm, frozen norm,
 * dropout), {@code optimizer} (sgd, adam), {@code shuffle}.
 */
public final class ClassifierTrial extends EstimatorTrial {
  static final int RECORDS = 103;
  private static final int FEATURES = 6;
  private static final int CLASSES = 3;
  private static final int WORDS = 20;

  public ClassifierTrial(EstimatorTrialContext context) {
    super(context);
  }

  /** 103 records, which neither slots nor batches divide. */
  static List<Map<String, Object>> rows() {
    Random random = new Random(4);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      long y = random.nextInt(CLASSES);
      float[] x = new float[FEATURES];
      for (int f = 0; f < FEATURES; f++) {
        x[f] = (float) random.nextGaussian() + (f % CLASSES == y ? 1 : 0);
      }
      long word = (random.nextInt(WORDS / CLASSES) * CLASSES + y) % WORDS;
      rows.add(Map.of("x", x, "word", word, "y", y));
    }
    return rows;
  }

  private boolean is(String hparam, String value) {
    return context().hparam(hparam).asString().equals(value);
  }

  private static Dataset dataset() {
    return Dataset.rows(rows())
        .feature("x", TFloat32.class, Shape.of(FEATURES))
        .feature("word", TInt64.class)
        .label("y", TInt64.class);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> hidden = m.layers().dense("hidden", input(m), 8, Activation.TANH);
    if (is("model", "dropout")) {
      hidden = m.layers().dropout("dropout", hidden, 0.3f);
    } else if (is("model", "norm")) {
      hidden = m.layers().batchNormalization("norm", hidden);
    } else if (is("model", "frozen norm")) {
      hidden =
          m.layers()
              .batchNormalization("norm", hidden, BatchNormalizationOptions::frozenStatistics);
    }
    Operand<TFloat32> logits = m.layers().dense("logits", hidden, CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", m.tf().nn.softmax(logits)));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(y, logits));
    }
    Optimizer optimizer =
        is("optimizer", "sgd") ? m.optimizers().sgd(0.3f) : m.optimizers().adam(0.02f);
    return EstimatorSpec.train(loss, context().wrapOptimizer(optimizer).minimize(loss));
  }

  private Operand<TFloat32> input(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    if (is("model", "embedding")) {
      Operand<TFloat32> embedded =
          m.layers().embedding("words", m.feature("word", TInt64.class), WORDS, 4);
      return tf.concat(List.of(x, embedded), tf.constant(1));
    }
    return x;
  }

  @Override
  public TrainSpec buildTrainSpec() {
    Dataset wrapped = context().wrapDataset(dataset());
    return TrainSpec.of(
        (context().hparam("shuffle").asBoolean() ? wrapped.shuffle() : wrapped).batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(dataset()).batch());
  }
}
