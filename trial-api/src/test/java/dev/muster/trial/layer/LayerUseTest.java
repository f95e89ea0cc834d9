package dev.muster.trial.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Names, modes and wrong use of layers. */
class LayerUseTest {
  private final Model model = new Model(Mode.TRAIN);
  private final Layers layers = model.layers;

  @AfterEach
  void closeModel() {
    model.close();
  }

  private Operand<TFloat32> zeros(long... shape) {
    return model.tf.zeros(model.tf.constant(shape), TFloat32.class);
  }

  @Test
  void variablesHaveTensorFlowsNamesAndShapes() {
    Operand<TFloat32> conv = layers.conv2d("conv", zeros(2, 8, 8, 3), 4, 3, Activation.RELU);
    Operand<TFloat32> norm = layers.batchNormalization("bn", conv);
    layers.layerNormalization("tower/ln", norm);
    layers.embedding("tower/words", model.tf.constant(new long[] {1}), 9, 5);
    layers.wide(
        "linear",
        List.of(new WideColumn("education", model.tf.constant(new long[] {1, 2}), 16)),
        1);
    Map<String, Shape> shapes = new TreeMap<>();
    model.variables.all().forEach((name, variable) -> shapes.put(name, variable.shape()));
    assertThat(shapes)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("global_step", Shape.scalar()),
                Map.entry("conv/kernel", Shape.of(3, 3, 3, 4)),
                Map.entry("conv/bias", Shape.of(4)),
                Map.entry("bn/gamma", Shape.of(4)),
                Map.entry("bn/beta", Shape.of(4)),
                Map.entry("bn/moving_mean", Shape.of(4)),
                Map.entry("bn/moving_variance", Shape.of(4)),
                Map.entry("tower/ln/gamma", Shape.of(4)),
                Map.entry("tower/ln/beta", Shape.of(4)),
                Map.entry("tower/words/embeddings", Shape.of(9, 5)),
                Map.entry("linear/education/weights", Shape.of(16, 1)),
                Map.entry("linear/bias_weights", Shape.of(1))));
    assertThat(model.variables.trainable().keySet())
        .doesNotContain("bn/moving_mean", "bn/moving_variance");
  }

  @Test
  void opsLieUnderTheirLayersName() {
    layers.dense("tower/hidden", zeros(2, 3), 4, Activation.RELU);
    layers.dense("tower/out", zeros(2, 3), 4, Activation.RELU);
    assertThat(opNames())
        .contains("tower/hidden/MatMul", "tower/hidden/Relu", "tower/out/MatMul")
        .noneMatch(name -> name.startsWith("tower_1"));
  }

  private TreeSet<String> opNames() {
    TreeSet<String> names = new TreeSet<>();
    for (Iterator<GraphOperation> ops = model.graph().operations(); ops.hasNext(); ) {
      names.add(ops.next().name());
    }
    return names;
  }

  @Test
  void shapesStayKnownWithoutTheBatch() {
    Placeholder<TFloat32> images = model.placeholder(-1, 28, 28, 1);
    Operand<TFloat32> conv =
        layers.conv2d("conv", images, 8, 3, c -> c.padding(Padding.SAME).strides(2));
    assertThat(conv.asOutput().shape().asArray()).containsExactly(-1, 14, 14, 8);
    Operand<TFloat32> pooled = layers.maxPool2d("pool", conv, 2);
    Operand<TFloat32> flat =
        layers.flatten(
            "flat", layers.dropout("drop", layers.batchNormalization("bn", pooled), .5f));
    assertThat(flat.asOutput().shape().asArray()).containsExactly(-1, 7 * 7 * 8);
    Operand<TInt64> ids = model.tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1, 6)));
    assertThat(layers.embedding("words", ids, 10, 4).asOutput().shape().asArray())
        .containsExactly(-1, 6, 4);
    Embedding table = layers.embeddingTable("bag", 10, 4);
    assertThat(layers.dense("of_sum", table.sum(ids), 3).asOutput().shape().get(1)).isEqualTo(3);
    assertThat(layers.dense("of_mean", table.mean(ids), 3).asOutput().shape().get(1)).isEqualTo(3);
    assertThat(layers.dense("sequence", model.placeholder(-1, -1, 6), 3).asOutput().shape().get(2))
        .isEqualTo(3);
  }

  @Test
  void frozenBatchNormalizationUsesTheMovingAveragesInTraining() {
    Operand<TFloat32> input = model.tf.constant(new float[][] {{1, 2}, {3, 4}});
    Operand<TFloat32> outputs = layers.batchNormalization("bn", input, b -> b.frozen());
    // moving mean 0, variance 1: x / sqrt(1.001)
    float factor = (float) (1 / Math.sqrt(1.001));
    assertThat(model.run(outputs)).containsExactly(factor, 2 * factor, 3 * factor, 4 * factor);
    assertThat(model.variables.stepUpdates()).isEmpty();
    assertThat(model.variables.trainable()).isEmpty();
    layers.batchNormalization("other", input, b -> b.frozenStatistics());
    assertThat(model.variables.stepUpdates()).isEmpty();
    assertThat(model.variables.trainable().keySet()).containsExactly("other/gamma", "other/beta");
  }

  @Test
  void batchNormalizationWithoutScaleAndCenterHasNeitherVariable() {
    layers.batchNormalization("bn", zeros(2, 3), b -> b.withoutScale().withoutCenter());
    layers.layerNormalization("ln", zeros(2, 3), l -> l.withoutScale().withoutCenter());
    assertThat(model.variables.trainable()).isEmpty();
  }

  @Test
  void dropoutScalesWhatItKeeps() {
    Operand<TFloat32> ones =
        model.tf.ones(model.tf.constant(new long[] {100, 100}), TFloat32.class);
    float[] outputs = model.run(layers.dropout("drop", ones, 0.2f));
    int kept = 0;
    for (float output : outputs) {
      assertThat(output).isIn(0f, 1.25f);
      kept += output > 0 ? 1 : 0;
    }
    // 8,000 of 10,000 expected, four standard deviations of 40
    assertThat(kept).isBetween(7_840, 8_160);
    assertThat(opNames()).contains("drop/random_uniform");
  }

  @Test
  void dropoutIsOffOutsideTraining() {
    for (Mode mode : List.of(Mode.EVAL, Mode.PREDICT)) {
      try (Model other = new Model(mode)) {
        Operand<TFloat32> input = other.tf.constant(new float[] {1, 2, 3});
        assertThat(other.layers.dropout("drop", input, 0.9f)).isSameAs(input);
      }
    }
  }

  @Test
  void bagsLeaveNegativeIdsOut() {
    Embedding table =
        layers.embeddingTable("bag", 3, 2, Initializer.values(1, 2, 10, 20, 100, 200));
    Operand<TInt64> ids = model.tf.constant(new long[][] {{0, 2, -1}, {-1, -1, -1}, {1, 1, 0}});
    assertThat(model.run(table.sum(ids))).containsExactly(101, 202, 0, 0, 21, 42);
    assertThat(model.run(table.mean(ids))).containsExactly(50.5f, 101, 0, 0, 7, 14);
    assertThat(model.variables.lookups())
        .hasSize(2)
        .allMatch(l -> l.table().equals("bag/embeddings"));
  }

  @Test
  void wideSumsOneWeightForEachCategory() {
    Operand<TFloat32> logit =
        layers.wide(
            "linear",
            List.of(
                new WideColumn("a", model.tf.constant(new long[] {1, 0}), 2),
                new WideColumn("b", model.tf.constant(new int[][] {{0, 2}, {-1, 1}}), 3)),
            1);
    float[] zero = model.run(logit);
    assertThat(zero).containsExactly(0, 0);
    set("linear/a/weights", 1, 2);
    set("linear/b/weights", 10, 20, 30);
    set("linear/bias_weights", 1000);
    // 1000 + 2 + 10 + 30; 1000 + 1 + 20
    assertThat(model.run(logit)).containsExactly(1042, 1021);
  }

  private void set(String variable, float... values) {
    Output<TFloat32> output =
        Objects.requireNonNull(model.variables.trainable().get(variable), variable);
    Op assign =
        model.tf.assign(
            output,
            model.tf.reshape(
                model.tf.constant(values), model.tf.constant(output.shape().asArray())));
    model.session().runner().addTarget(assign).run().close();
  }

  @Test
  void regularizationIsZeroWithoutRegularizers() {
    layers.dense("a", zeros(2, 3), 2);
    assertThat(model.run(layers.regularization())).containsExactly(0);
  }

  @Test
  void regularizationSumsAllLayers() {
    layers.dense(
        "a",
        zeros(2, 1),
        2,
        d ->
            d.kernelInitializer(Initializer.values(1, -2)).kernelRegularizer(Regularizer.l1(0.5f)));
    layers.conv2d(
        "b",
        zeros(1, 3, 3, 1),
        1,
        1,
        c -> c.kernelInitializer(Initializer.constant(3)).kernelRegularizer(Regularizer.l2(2)));
    // 0.5 × (1 + 2) + 2 × 3²
    assertThat(model.run(layers.regularization())).containsExactly(19.5f);
  }

  @Test
  void labelWithoutAClassFailsTheStep() {
    Operand<TFloat32> loss =
        model.losses.sparseSoftmaxCrossEntropy(model.tf.constant(new long[] {0, 3}), zeros(2, 3));
    assertThatThrownBy(() -> model.run(loss))
        .isInstanceOf(TFInvalidArgumentException.class)
        .hasMessageContaining("a label is not from 0 to 2");
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(TrialException.class).hasMessage(message);
  }

  @Test
  void wrongUseNamesTheLayer() {
    assertRefused(
        () -> layers.dense("a", zeros(2, 3), 0),
        "Cannot build layer 'a': expected a number of units of at least 1, found 0");
    assertRefused(
        () -> layers.dense("b", model.placeholder(-1, -1), 2),
        "Cannot build layer 'b': expected a known number of features (the last dimension), found"
            + " [?, ?]; declare the column's shape, or use reshape");
    assertRefused(
        () -> layers.conv2d("c", zeros(2, 3), 2, 3, Activation.RELU),
        "Cannot build layer 'c': expected an input of shape [batch, height, width, channels], found"
            + " [2, 3]");
    assertRefused(
        () -> layers.conv2d("d", zeros(1, 2, 9, 1), 2, 3, Activation.RELU),
        "Cannot build layer 'd': the window reaches over 3 elements of height, the input [1, 2, 9,"
            + " 1] has 2; use a smaller window, or Padding.SAME");
    assertRefused(
        () -> layers.conv2d("e", zeros(1, 9, 9, 1), 2, 3, c -> c.strides(2).dilation(2)),
        "Cannot build layer 'e': expected strides of 1 beside a dilation; leave one of them at 1");
    assertRefused(
        () -> layers.maxPool2d("f", zeros(1, 9, 9, 1), 0),
        "Cannot build layer 'f': expected a window of at least 1, found 0");
    assertRefused(
        () -> layers.dropout("g", zeros(1, 9), 1),
        "Cannot build layer 'g': expected a rate from 0 to below 1, found 1.0");
    assertRefused(
        () -> layers.batchNormalization("h", zeros(2, 3), b -> b.momentum(1)),
        "Cannot build layer 'h': expected a momentum from 0 to below 1, found 1.0");
    assertRefused(
        () -> layers.flatten("i", model.placeholder(-1, -1, 3)),
        "Cannot build layer 'i': expected known sizes of all dimensions but the first, found [?, ?,"
            + " 3]; declare the column's shape");
    assertRefused(
        () -> layers.embeddingTable("j", 3, -1),
        "Cannot build layer 'j': expected a number of dimensions of at least 1, found -1");
    assertRefused(
        () -> layers.wide("k", List.of(), 1),
        "Cannot build layer 'k': expected at least one column, found none");
    assertRefused(
        () -> layers.dense("l m", zeros(2, 3), 1),
        "Cannot build layer 'l m': expected a name of letters, digits, '_', '.' and '-', its parts"
            + " separated by '/'");
    assertRefused(
        () -> model.variables.trainable("n", Shape.of(-1, 2), Initializer.zeros()),
        "Cannot create variable 'n': expected a shape with all sizes known, found [?, 2]");
  }

  @Test
  void wrongUseNamesTheLoss() {
    assertRefused(
        () -> model.losses.meanSquaredError(zeros(4), zeros(4, 1)),
        "Cannot build loss meanSquaredError: expected labels of the predictions' shape [4, 1], found"
            + " [4]");
    assertRefused(
        () ->
            model.losses.sparseSoftmaxCrossEntropy(
                model.tf.constant(new long[][] {{1}, {0}}), zeros(2, 3)),
        "Cannot build loss sparseSoftmaxCrossEntropy: expected labels of one dimension less than the"
            + " logits [2, 3], found [2, 1]");
    assertRefused(
        () -> model.losses.huber(zeros(4), zeros(4), 0),
        "Cannot build loss huber: expected a finite delta above 0, found 0.0");
    assertRefused(
        () -> model.losses.weightedBy(zeros(4, 1)),
        "Cannot weigh losses: expected weights of shape [batch], found [4, 1]");
  }
}
