package dev.muster.trial.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

class OptimizersTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variables variables = new Variables(graph, 1);
  private final Optimizers optimizers = new Optimizers(graph, variables);

  /** w = (1, 2). */
  private final Operand<TFloat32> weights =
      variables.trainable("w", Shape.of(2), (ops, shape, seed) -> ops.constant(new float[] {1, 2}));

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  /**
   * The loss Σ w², whose gradient is 2 w: one that TensorFlow cannot build of the bare variable.
   */
  private Operand<TFloat32> loss() {
    return tf.reduceSum(tf.math.square(weights), tf.constant(0));
  }

  private float[] train(Op step, int steps) {
    return train(step, steps, weights);
  }

  private float[] train(Op step, int steps, Operand<TFloat32> fetched) {
    try (Session session = new Session(graph)) {
      for (Op initializer : variables.initializers()) {
        session.runner().addTarget(initializer).run().close();
      }
      for (int i = 0; i < steps; i++) {
        session.runner().addTarget(step).run().close();
      }
      try (Result result = session.runner().fetch(fetched).run()) {
        TFloat32 values = (TFloat32) result.get(0);
        return new float[] {values.getFloat(0), values.getFloat(1)};
      }
    }
  }

  @Test
  void sgdByHand() {
    // 1 - 0.25 × 2 × 1 = 0.5; 2 - 0.25 × 2 × 2 = 1
    assertThat(train(optimizers.sgd(0.25f).minimize(loss()), 1)).containsExactly(0.5f, 1f);
  }

  @Test
  void adamFollowsItsFormula() {
    float[] found = train(optimizers.adam(0.1f).minimize(loss()), 3);
    double beta1 = 0.9f;
    double beta2 = 0.999f;
    for (int i = 0; i < 2; i++) {
      double w = i + 1;
      double m = 0;
      double v = 0;
      float beta1Power =
          1; // slots of float32: 1 - power loses digits, in all of TensorFlow's Adams
      float beta2Power = 1;
      for (int t = 1; t <= 3; t++) {
        double g = 2 * w;
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        beta1Power *= 0.9f;
        beta2Power *= 0.999f;
        double rate = 0.1f * Math.sqrt(1 - (double) beta2Power) / (1 - (double) beta1Power);
        w -= rate * m / (Math.sqrt(v) + 1e-8f);
      }
      assertThat((double) found[i]).isCloseTo(w, within(1e-6));
    }
  }

  @Test
  void adamsSlotsHaveTensorFlowsNames() {
    optimizers.adam(0.1f).minimize(loss());
    assertThat(variables.all().keySet())
        .containsExactly("global_step", "w", "beta1_power", "beta2_power", "w/Adam", "w/Adam_1");
    assertThat(variables.trainable().keySet()).containsExactly("w");
  }

  @Test
  void learningRateIsAPositiveNumber() {
    for (float rate : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> optimizers.sgd(rate))
          .isInstanceOf(TrialException.class)
          .hasMessage("Cannot use learning rate " + rate + ": expected a finite number above 0");
    }
  }

  @Test
  void variableThatTheLossDoesNotReachStaysAsItIs() {
    Operand<TFloat32> forgotten =
        variables.trainable("forgotten", Shape.of(2), Initializer.constant(7));
    Optimizer sgd = optimizers.sgd(0.25f);
    var gradients = sgd.computeGradients(loss());
    assertThat(gradients).extracting(GradientAndVariable::name).containsExactly("w");
    assertThat(train(sgd.applyGradients(gradients), 1, forgotten)).containsExactly(7f, 7f);
  }

  @Test
  void variableBehindStopGradientIsNamed() {
    Operand<TFloat32> stopped = tf.stopGradient(loss());
    assertThatThrownBy(() -> optimizers.sgd(0.1f).minimize(stopped))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot train variable 'w': the loss 'StopGradient' does not");
  }

  @Test
  void modelWithoutVariablesIsRefused() {
    try (Graph empty = new Graph()) {
      Optimizer sgd = new Optimizers(empty, new Variables(empty, 1)).sgd(0.1f);
      Operand<TFloat32> constant = Ops.create(empty).constant(1f);
      assertThatThrownBy(() -> sgd.minimize(constant))
          .isInstanceOf(TrialException.class)
          .hasMessageStartingWith("Cannot compute gradients: the model has no trainable variable");
    }
  }

  @Test
  void optimizersOfOneKindHaveTheirOwnVariablesAndRates() {
    Operand<TFloat32> other = variables.trainable("v", Shape.of(2), Initializer.constant(1));
    Operand<TFloat32> otherLoss = tf.reduceSum(tf.math.square(other), tf.constant(0));
    Optimizer first = optimizers.adam(0.1f);
    Optimizer second = optimizers.adam(0.2f);
    Optimizer named = optimizers.adam(0.3f).name("slow");
    first.minimize(loss(), "w");
    second.minimize(otherLoss, "v");
    named.minimize(otherLoss, "v");
    assertThat(variables.all().keySet())
        .containsExactly(
            "global_step",
            "w",
            "v",
            "beta1_power",
            "beta2_power",
            "w/Adam",
            "w/Adam_1",
            "beta1_power_1",
            "beta2_power_1",
            "v/Adam",
            "v/Adam_1",
            "beta1_power_2",
            "beta2_power_2",
            "v/slow",
            "v/slow_1");
    assertThat(first.schedules()).containsOnly(Map.entry("adam", "constant(0.1)"));
    assertThat(second.schedules()).containsOnly(Map.entry("adam_1", "constant(0.2)"));
    assertThat(named.learningRates()).containsOnlyKeys("slow");
  }

  @Test
  void nameOfAnotherOptimizerIsRefused() {
    optimizers.sgd(0.1f).name("mine").minimize(loss());
    Optimizer second = optimizers.sgd(0.1f).name("mine");
    assertThatThrownBy(() -> second.minimize(loss()))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot use the name 'mine' for an optimizer: the model has one of this name");
  }

  @Test
  void settingAfterUseIsRefused() {
    Adam adam = optimizers.adam(0.1f);
    adam.minimize(loss());
    assertThatThrownBy(() -> adam.clipByNorm(1))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot set a change of gradients of optimizer 'adam': it is in use already; set it"
                + " before minimize");
  }

  @Test
  void changesOfGradientsAreMadeInTheirOrder() {
    // gradient (2, 4): (12, 24) with the decay, clipped (3, 3); or clipped (2, 3), then (12, 23)
    assertThat(train(optimizers.sgd(0.25f).weightDecay(10).clipByValue(3).minimize(loss()), 1))
        .containsExactly(0.25f, 1.25f);
    assertThat(train(optimizers.sgd(0.25f).clipByValue(3).weightDecay(10).minimize(loss()), 1))
        .containsExactly(1 - 12 / 4f, 2 - 23 / 4f);
  }

  @Test
  void decayIsOfTheChosenVariables() {
    Op step =
        optimizers.adamW(0.5f, 1).decayOnly(name -> name.endsWith("/kernel")).minimize(loss());
    Op plain = optimizers.adam(0.5f).minimize(loss());
    assertThat(train(step, 3)).containsExactly(train(plain, 3));
  }

  @Test
  void infiniteNormMakesAllGradientsNotANumber() {
    Operand<TFloat32> infinite = tf.math.mul(loss(), tf.constant(Float.POSITIVE_INFINITY));
    assertThat(train(optimizers.sgd(0.1f).clipByGlobalNorm(1).minimize(infinite), 1))
        .containsExactly(Float.NaN, Float.NaN);
  }

  @Test
  void rateFollowsTheGlobalStep() {
    LearningRate rate = LearningRate.piecewiseConstant(new long[] {0}, new float[] {0.25f, 0.5f});
    Op update = optimizers.sgd(rate).minimize(loss());
    Op step =
        tf.withControlDependencies(List.of(update))
            .assignAdd(variables.globalStep(), tf.constant(1L));
    // step 0: w × (1 - 2 × 0.25) = (0.5, 1); step 1: w × (1 - 2 × 0.5) = 0
    assertThat(train(step, 1)).containsExactly(0.5f, 1);
    assertThat(train(step, 2)).containsExactly(0, 0);
  }

  @Test
  void rateMayBeAnOperandOfTheModel() {
    Operand<TFloat32> rate = tf.math.mul(tf.constant(0.5f), tf.constant(0.5f));
    Sgd sgd = optimizers.sgd(LearningRate.of(rate));
    assertThat(train(sgd.minimize(loss()), 1)).containsExactly(0.5f, 1);
    assertThat(sgd.schedules()).containsOnly(Map.entry("sgd", "operand(" + rate.op().name() + ")"));
  }

  @Test
  void rateThatDependsOnTheBatchIsRefused() {
    Operand<TFloat32> fed =
        tf.withName("batch").placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
    Sgd sgd = optimizers.sgd(LearningRate.of(tf.math.square(fed)));
    assertThatThrownBy(() -> sgd.minimize(loss()))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot use learning rate 'Square': it depends on 'batch'");
  }

  @Test
  void schedulesDescribeThemselves() {
    assertThat(LearningRate.cosineDecay(0.1f, 1000).withWarmup(10))
        .hasToString("cosineDecay(0.1, 1000, 0.0).withWarmup(10)");
    assertThat(LearningRate.piecewiseConstant(new long[] {5}, new float[] {1, 0.5f}))
        .hasToString("piecewiseConstant([5], [1.0, 0.5])");
  }

  @Test
  void wrongParametersAreNamed() {
    assertWrong(() -> optimizers.momentum(0.1f, 1), "Cannot use momentum 1.0: expected a number");
    assertWrong(() -> optimizers.adam(0.1f).epsilon(0), "Cannot use epsilon 0.0: expected a");
    assertWrong(
        () -> optimizers.ftrl(0.1f).learningRatePower(1), "Cannot use learning rate power 1.0");
    assertWrong(() -> LearningRate.cosineDecay(1, 0), "Cannot use decay steps 0: expected 1");
    assertWrong(
        () -> LearningRate.piecewiseConstant(new long[] {5, 5}, new float[] {1, 1, 1}),
        "Cannot use a piecewise constant learning rate: its boundaries do not rise");
    assertWrong(
        () -> optimizers.adamW(0.1f, 0.1f).weightDecay(1), "Cannot set the weight decay of AdamW");
  }

  private static void assertWrong(Runnable act, String message) {
    assertThatThrownBy(act::run).isInstanceOf(TrialException.class).hasMessageStartingWith(message);
  }
}
