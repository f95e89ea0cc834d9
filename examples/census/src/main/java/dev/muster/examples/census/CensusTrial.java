package dev.muster.examples.census;

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
import dev.muster.trial.layer.WideColumn;
import dev.muster.trial.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * Says whether somebody earns more than 50,000 dollars a year, from a census of 1994: a wide and
 * deep model (Cheng et al., 2016). The wide part is linear in categories and crossed categories,
 * the deep part a network on embeddings and numbers; one logit is the sum of both.
 */
public final class CensusTrial extends EstimatorTrial {
  private static final List<String> CATEGORIES =
      List.of(
          "workclass",
          "education",
          "marital-status",
          "occupation",
          "relationship",
          "race",
          "sex",
          "native-country");
  private static final List<String> AMOUNTS = List.of("capital-gain", "capital-loss");
  private static final float[] AGES = {18, 25, 30, 35, 40, 45, 50, 55, 60, 65};
  private static final int BUCKETS = 1000;
  private static final int DIMENSIONS = 8;

  public CensusTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> logit = m.tf().math.add(wide(m), deep(m)); // [batch, 1]
    Operand<TFloat32> score = m.tf().math.sigmoid(m.tf().reshape(logit, m.tf().constant(FLAT)));
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("score", score));
    }
    Operand<TFloat32> rich = m.label(AdultFile.RICH, TFloat32.class); // [batch], 0 or 1
    Operand<TFloat32> loss =
        m.losses().sigmoidCrossEntropy(m.tf().expandDims(rich, m.tf().constant(1)), logit);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss)
          .metric("accuracy", m.metrics().binaryAccuracy(rich, score))
          .metric(
              "auc",
              context().makeMetric(Map.of("label", rich, "score", score), new AreaUnderCurve()))
          .hooks(new EarlyStopping(context(), loss, context().hparam("patience").asInt()));
    }
    float rate = context().hparam("learning_rate").asFloat();
    Optimizer optimizer = context().wrapOptimizer(m.optimizers().adam(rate));
    return EstimatorSpec.train(loss, optimizer.minimize(loss));
  }

  private static final int[] FLAT = {-1};

  private Operand<TFloat32> wide(ModelScope m) {
    List<WideColumn> columns = new ArrayList<>();
    CATEGORIES.forEach(name -> columns.add(new WideColumn(name, ids(m, name), BUCKETS)));
    Operand<TInt64> age = m.preprocessing().bucketize(m.feature("age", TFloat32.class), AGES);
    columns.add(new WideColumn("age", age, AGES.length + 1));
    columns.add(crossed(m, "education", "occupation"));
    columns.add(crossed(m, "marital-status", "occupation"));
    return m.layers().wide("wide", columns, 1);
  }

  private static WideColumn crossed(ModelScope m, String one, String other) {
    List<Operand<TString>> both =
        List.of(m.feature(one, TString.class), m.feature(other, TString.class));
    return new WideColumn(one + "_x_" + other, m.preprocessing().cross(both, BUCKETS), BUCKETS);
  }

  private static Operand<TInt64> ids(ModelScope m, String category) {
    return m.preprocessing().hash(m.feature(category, TString.class), BUCKETS);
  }

  private Operand<TFloat32> deep(ModelScope m) {
    List<Operand<TFloat32>> parts = new ArrayList<>();
    parts.add(numbers(m));
    for (String name : CATEGORIES) {
      parts.add(m.layers().embedding("embedding/" + name, ids(m, name), BUCKETS, DIMENSIONS));
    }
    Operand<TFloat32> input = m.tf().concat(parts, m.tf().constant(1));
    Operand<TFloat32> hidden = m.layers().dense("hidden_1", input, 64, Activation.RELU);
    hidden = m.layers().dense("hidden_2", hidden, 32, Activation.RELU);
    return m.layers().dense("deep_logit", hidden, 1);
  }

  /** {@code [batch, 5]}, each of about the same size; amounts by their logarithm. */
  private static Operand<TFloat32> numbers(ModelScope m) {
    Ops tf = m.tf();
    List<Operand<TFloat32>> numbers = new ArrayList<>();
    numbers.add(m.preprocessing().normalize(m.feature("age", TFloat32.class), 39, 14));
    numbers.add(m.preprocessing().normalize(m.feature("education-num", TFloat32.class), 10, 3));
    numbers.add(m.preprocessing().normalize(m.feature("hours-per-week", TFloat32.class), 40, 12));
    for (String amount : AMOUNTS) {
      numbers.add(tf.math.div(tf.math.log1p(m.feature(amount, TFloat32.class)), tf.constant(8f)));
    }
    return tf.stack(numbers, Stack.axis(1L));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(adults("train")).shuffle().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(adults("validation")).batch(512));
  }

  private Dataset adults(String split) {
    String path = context().data(split).asString();
    Dataset adults = Dataset.of(path, new AdultFile(path));
    for (String number : AdultFile.NUMBERS) {
      adults = adults.feature(number, TFloat32.class);
    }
    for (String category : CATEGORIES) {
      adults = adults.feature(category, TString.class, Shape.scalar());
    }
    return adults.label(AdultFile.RICH, TFloat32.class);
  }
}
