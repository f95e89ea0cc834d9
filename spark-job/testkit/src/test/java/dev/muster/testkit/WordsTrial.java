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
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** Classifies by one word: its data is a CSV file of {@code data.words}, read by Spark. */
public final class WordsTrial extends EstimatorTrial {
  public WordsTrial(EstimatorTrialContext context) {
    super(context);
  }

  private Dataset words() {
    return Dataset.csv(context().data("words").asString())
        .feature("word", TString.class)
        .label("liked", TInt64.class);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TString> word = tf.expandDims(m.feature("word", TString.class), tf.constant(1));
    Operand<TString> vocabulary = tf.array("sun", "rain", "größe");
    Operand<TFloat32> oneHot = tf.dtypes.cast(tf.math.equal(word, vocabulary), TFloat32.class);
    Operand<TFloat32> logits = m.layers().dense("logits", oneHot, 2);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", tf.nn.softmax(logits)));
    }
    Operand<TInt64> liked = m.label("liked", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(liked, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("accuracy", m.metrics().accuracy(liked, logits));
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(1f)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(words()).shuffle().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(words()).batch());
  }
}
