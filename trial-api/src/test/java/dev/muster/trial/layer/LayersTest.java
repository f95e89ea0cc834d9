package dev.muster.trial.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.TrialException;
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

class LayersTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variables variables = new Variables(graph, 42);
  private final Layers layers = Layers.forTraining(tf, variables);
  private final Losses losses = new Losses(tf);

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  private static float[] run(Graph graph, Variables variables, Operand<TFloat32> fetched) {
    try (Session session = new Session(graph)) {
      for (Op initializer : variables.initializers()) {
        session.runner().addTarget(initializer).run().close();
      }
      try (Result result = session.runner().fetch(fetched).run()) {
        TFloat32 tensor = (TFloat32) result.get(0);
        float[] values = new float[Math.toIntExact(tensor.size())];
        tensor.copyTo(org.tensorflow.ndarray.buffer.DataBuffers.of(values, false, false));
        return values;
      }
    }
  }

  private float[] run(Operand<TFloat32> fetched) {
    return run(graph, variables, fetched);
  }

  @Test
  void denseIsInputTimesKernelPlusBias() {
    Operand<TFloat32> input = tf.constant(new float[][] {{1, 2}, {3, -4}});
    Operand<TFloat32> output =
        layers.dense(
            "hidden",
            input,
            3,
            d -> d.activation(Activation.RELU).kernelInitializer(Initializer.constant(0.5f)));
    // 0.5 × (1 + 2) = 1.5; 0.5 × (3 - 4) = -0.5, which ReLU makes 0
    assertThat(run(output)).containsExactly(1.5f, 1.5f, 1.5f, 0, 0, 0);
    assertThat(output.asOutput().shape()).isEqualTo(Shape.of(2, 3));
  }

  @Test
  void variablesHaveTheNamesOfTheirLayer() {
    layers.dense("hidden", tf.constant(new float[2][4]), 3);
    assertThat(variables.trainable().keySet()).containsExactly("hidden/kernel", "hidden/bias");
    assertThat(variables.all().keySet())
        .containsExactly("global_step", "hidden/kernel", "hidden/bias");
    assertThat(variables.trainable().get("hidden/kernel"))
        .satisfies(kernel -> assertThat(kernel.shape()).isEqualTo(Shape.of(4, 3)))
        .satisfies(kernel -> assertThat(kernel.op().name()).isEqualTo("hidden/kernel"));
  }

  @Test
  void secondLayerOfTheSameNameIsRefused() {
    Operand<TFloat32> input = tf.constant(new float[2][4]);
    layers.dense("hidden", input, 3);
    assertThatThrownBy(() -> layers.dense("hidden", input, 3))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot build layer 'hidden': there is a layer of this name in the graph already; name"
                + " each layer differently");
  }

  @Test
  void inputWithoutAKnownNumberOfFeaturesIsRefused() {
    assertThatThrownBy(() -> layers.dense("hidden", tf.constant(new float[3]), 2))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot build layer 'hidden': expected an input of shape [batch, …, features], found [3]");
  }

  @Test
  void glorotStaysInItsBoundsAndFollowsTheSeed() {
    float[] first = glorot(1, "a");
    float limit = (float) Math.sqrt(6.0 / (40 + 20));
    assertThat(first).hasSize(800);
    float largest = 0;
    double sum = 0;
    for (float value : first) {
      largest = Math.max(largest, Math.abs(value));
      sum += value;
    }
    assertThat(largest).isBetween(0.95f * limit, limit);
    // four standard deviations of the mean of 800 values, uniform in ±limit
    assertThat(sum / 800).isCloseTo(0, within(4 * limit / Math.sqrt(3 * 800)));
    assertThat(glorot(1, "a")).isEqualTo(first);
    assertThat(glorot(2, "a")).isNotEqualTo(first);
    assertThat(glorot(1, "b")).isNotEqualTo(first);
  }

  private static float[] glorot(long seed, String name) {
    try (Graph graph = new Graph()) {
      Variables variables = new Variables(graph, seed);
      return run(
          graph,
          variables,
          variables.trainable(name, Shape.of(40, 20), Initializer.glorotUniform()));
    }
  }

  @Test
  void sparseSoftmaxCrossEntropyByHand() {
    Operand<TFloat32> logits =
        tf.constant(new float[][] {{0, 0, 0, 0}, {0, (float) Math.log(3), 0, 0}});
    // ln 4 for four equal logits; the second's softmax is (1, 3, 1, 1) / 6: -ln(3/6) = ln 2
    double expected = (Math.log(4) + Math.log(2)) / 2;
    assertThat(run(losses.sparseSoftmaxCrossEntropy(tf.constant(new long[] {2, 1}), logits))[0])
        .isCloseTo((float) expected, within(1e-6f));
  }

  @Test
  void meanSquaredErrorByHand() {
    Operand<TFloat32> labels = tf.constant(new float[][] {{1, 2}, {3, 4}});
    Operand<TFloat32> predictions = tf.constant(new float[][] {{1, 4}, {0, 5}});
    // (0 + 4 + 9 + 1) / 4
    assertThat(run(losses.meanSquaredError(labels, predictions))).containsExactly(3.5f);
  }
}
