package dev.muster.trial.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

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
    try (Session session = new Session(graph)) {
      for (Op initializer : variables.initializers()) {
        session.runner().addTarget(initializer).run().close();
      }
      for (int i = 0; i < steps; i++) {
        session.runner().addTarget(step).run().close();
      }
      try (Result result = session.runner().fetch(weights).fetch(variables.globalStep()).run()) {
        assertThat(((TInt64) result.get(1)).getLong()).isEqualTo(steps);
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
    assertThat(optimizers.adam(0.5f).learningRates()).containsEntry("adam", 0.5f);
  }

  @Test
  void unusedVariableIsNamed() {
    variables.trainable("forgotten", Shape.of(3), Initializer.zeros());
    assertThatThrownBy(() -> optimizers.sgd(0.1f).minimize(loss()))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith(
            "Cannot train variable 'forgotten': the loss does not depend on it");
  }

  @Test
  void variableBehindStopGradientIsNamed() {
    Operand<TFloat32> stopped = tf.stopGradient(loss());
    assertThatThrownBy(() -> optimizers.sgd(0.1f).minimize(stopped))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot train variable 'w': the loss does not depend on it");
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
}
