package dev.muster.job.runtime;

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
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** Serves several signatures to tensors and to examples; its vocabulary is in a file. */
@NullUnmarked // a user's code need not be checked
public final class ServingTrial extends EstimatorTrial {
  public ServingTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Path file = Path.of(context().hparam("vocabulary").asString());
    List<String> words = m.vocabularyFile(file);
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TInt32> age = m.feature("age", TInt32.class);
    Operand<TString> word = m.feature("word", TString.class);
    Operand<TFloat32> logits = m.layers().dense("logits", x, 2);
    if (m.mode() == Mode.PREDICT) {
      Operand<TInt64> place =
          m.tf()
              .math
              .argMax(
                  m.tf()
                      .dtypes
                      .cast(
                          m.tf()
                              .math
                              .equal(
                                  m.tf().expandDims(word, m.tf().constant(1)),
                                  m.tf().array(words.toArray(new String[0]))),
                          TInt32.class),
                  m.tf().constant(1));
      Operand<TString> classes =
          m.tf().broadcastTo(m.tf().array("no", "yes"), m.tf().shape(logits));
      return EstimatorSpec.predict(Map.of("logits", logits, "age", age, "place", place))
          .signature("scores", Map.of("scores", m.tf().nn.softmax(logits)))
          .classification("classify", classes, m.tf().nn.softmax(logits));
    }
    Operand<TFloat32> loss =
        m.losses().sparseSoftmaxCrossEntropy(m.label("y", TInt64.class), logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.1f)).minimize(loss));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(data());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(data());
  }

  private Dataset data() {
    return context()
        .wrapDataset(
            Dataset.of("nothing", spark -> spark.emptyDataFrame())
                .feature("x", TFloat32.class, Shape.of(2))
                .feature("age", TInt32.class)
                .feature("word", TString.class)
                .label("y", TInt64.class))
        .batch();
  }

  @Override
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    return Map.of(
        "tensors",
        ServingInputReceiver.tensors("x", TFloat32.class, Shape.of(-1, 2))
            .and("age", TInt32.class, Shape.of(-1))
            .and("word", TString.class, Shape.of(-1)),
        "examples",
        ServingInputReceiver.examples("x", TFloat32.class, Shape.of(2))
            .and("age", TInt32.class, Shape.scalar())
            .and("word", TString.class, Shape.scalar())
            .withDefault("age", 40)
            .withDefault("word", "cat"));
  }
}
