package dev.muster.trial.layer;

import dev.muster.trial.Mode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** TensorFlow's gradients of each layer and loss agree with finite differences. */
class GradientsTest {
  private final Model model = new Model(Mode.TRAIN);
  private final Layers layers = model.layers;

  @AfterEach
  void closeModel() {
    model.close();
  }

  /** An input to differentiate by: values of no pattern, none near 0 or near another. */
  private Operand<TFloat32> input(String name, long... shape) {
    Shape sizes = Shape.of(shape);
    int size = Math.toIntExact(sizes.size());
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      int shuffled = i * 37 % size;
      values[i] = (shuffled + 0.5f) * 2 / size - 1;
    }
    return model.trained(name, sizes, values);
  }

  private void assertGradients(Operand<TFloat32> outputs) {
    model.assertGradients(model.mixed(outputs));
  }

  @Test
  void dense() {
    assertGradients(layers.dense("dense", input("x", 3, 4), 2, Activation.TANH));
  }

  @Test
  void denseOfSequences() {
    assertGradients(layers.dense("dense", input("x", 2, 3, 4), 2, Activation.SIGMOID));
  }

  @Test
  void activations() {
    Operand<TFloat32> input = input("x", 2, 5);
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      terms.add(model.mixed(activation.apply(model.tf, input)));
    }
    model.assertGradients(model.tf.math.addN(terms));
  }

  @Test
  void convolutionWithStrides() {
    assertGradients(
        layers.conv2d(
            "conv",
            input("x", 2, 5, 4, 2),
            3,
            3,
            c -> c.strides(2).padding(Padding.SAME).activation(Activation.SWISH)));
  }

  @Test
  void convolutionWithoutPadding() {
    assertGradients(layers.conv2d("conv", input("x", 1, 4, 4, 2), 2, 2, c -> c.kernelSize(2, 3)));
  }

  @Test
  void poolings() {
    Operand<TFloat32> images = input("x", 1, 5, 5, 2);
    Operand<TFloat32> max =
        layers.maxPool2d("max", images, 3, p -> p.strides(2).padding(Padding.SAME));
    Operand<TFloat32> average = layers.averagePool2d("average", images, 2);
    Operand<TFloat32> global = layers.globalAveragePool2d("global", images);
    model.assertGradients(
        model.tf.math.addN(List.of(model.mixed(max), model.mixed(average), model.mixed(global))));
  }

  @Test
  void batchNormalizationOfImages() {
    assertGradients(layers.batchNormalization("bn", input("x", 2, 3, 2, 2)));
  }

  @Test
  void batchNormalizationOfRows() {
    assertGradients(layers.batchNormalization("bn", input("x", 5, 3)));
  }

  @Test
  void batchNormalizationWithFrozenStatistics() {
    assertGradients(
        layers.batchNormalization("bn", input("x", 2, 3, 2, 2), b -> b.frozenStatistics()));
  }

  @Test
  void layerNormalization() {
    assertGradients(layers.layerNormalization("ln", input("x", 2, 3, 4)));
  }

  @Test
  void embeddingLookupsThatShareATable() {
    Embedding table = layers.embeddingTable("words", 6, 3);
    Operand<TInt64> ids = model.tf.constant(new long[][] {{0, 5, 5}, {2, -1, -1}});
    Operand<TFloat32> sums =
        model.tf.math.addN(
            List.of(
                model.mixed(table.lookup(model.tf.constant(new long[] {1, 2, 2, 4}))),
                model.mixed(reshaped(table.sum(ids))),
                model.mixed(reshaped(table.mean(ids)))));
    model.assertGradients(sums);
  }

  private Operand<TFloat32> reshaped(Operand<TFloat32> bag) {
    return model.tf.reshape(bag, model.tf.constant(new int[] {2, 3}));
  }

  @Test
  void flattenAndDropoutOfRateZero() {
    assertGradients(layers.dropout("none", layers.flatten("flat", input("x", 2, 2, 3)), 0));
  }

  @Test
  void regularization() {
    Operand<TFloat32> hidden =
        layers.dense("a", input("x", 2, 3), 2, d -> d.kernelRegularizer(Regularizer.l2(0.5f)));
    Operand<TFloat32> outputs =
        layers.dense(
            "b",
            hidden,
            2,
            d ->
                d.kernelRegularizer(Regularizer.l1l2(0.2f, 0.1f))
                    .biasRegularizer(Regularizer.l2(0.1f)));
    model.assertGradients(model.tf.math.add(layers.regularization(), model.mixed(outputs)));
  }

  @Test
  void losses() {
    Operand<TFloat32> logits = input("x", 3, 4);
    Operand<TFloat32> targets =
        model.tf.constant(new float[][] {{1, 0, 0, 1}, {0, 1, 1, 0}, {0, 0, 1, 1}});
    Operand<TInt64> classes = model.tf.constant(new long[] {0, 3, 1});
    Losses weighted = model.losses.weightedBy(model.tf.constant(new float[] {1, 0.5f, 2}));
    model.assertGradients(
        model.tf.math.addN(
            List.of(
                weighted.sparseSoftmaxCrossEntropy(classes, logits),
                model.losses.sigmoidCrossEntropy(targets, logits),
                weighted.meanSquaredError(targets, logits),
                weighted.meanAbsoluteError(targets, logits),
                model.losses.summed().huber(targets, logits, 0.55f),
                weighted.hinge(targets, logits))));
  }

  @Test
  void softmaxCrossEntropyOfSequences() {
    Operand<TFloat32> logits = input("x", 2, 3, 4);
    Operand<TInt64> classes = model.tf.constant(new long[][] {{0, 3, 1}, {2, 2, 0}});
    model.assertGradients(model.losses.sparseSoftmaxCrossEntropy(classes, logits));
  }

  /** Where max(x, 0) - x z + log(1 + exp(-|x|)) has the gradient -z, not 1/2 - z. */
  @Test
  void sigmoidCrossEntropyAtZero() {
    Operand<TFloat32> logits = model.trained("x", Shape.of(2), 0, 0);
    model.assertGradients(
        model.losses.summed().sigmoidCrossEntropy(model.tf.constant(new float[] {1, 0}), logits));
  }
}
