package dev.muster.trial.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.Mode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Layers give what TensorFlow's Python recorded. */
class RecordedLayersTest {
  private final Model model = new Model(Mode.TRAIN);
  private final Layers layers = model.layers;
  private final Operand<TFloat32> images = Recorded.constant(model.tf, "images");

  @AfterEach
  void closeModel() {
    model.close();
  }

  private void assertRecorded(String name, Operand<TFloat32> outputs) {
    assertThat(outputs.asOutput().shape()).isEqualTo(Recorded.shape(name));
    assertClose(model.run(outputs), Recorded.floats(name));
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i])
          .as("element %d", i)
          .isCloseTo(expected[i], within(2e-6f + 5e-6f * Math.abs(expected[i])));
    }
  }

  private Conv2dOptions recordedConvolution(Conv2dOptions options, String name) {
    return options
        .activation(Activation.RELU)
        .biasInitializer(Initializer.ones())
        .kernelInitializer(Recorded.initializer(name + "/kernel"));
  }

  @Test
  void convolutions() {
    assertRecorded(
        "conv_plain", layers.conv2d("a", images, 4, 3, c -> recordedConvolution(c, "conv_plain")));
    assertRecorded(
        "conv_same_strided",
        layers.conv2d(
            "b",
            images,
            4,
            3,
            c -> recordedConvolution(c, "conv_same_strided").padding(Padding.SAME).strides(2)));
    assertRecorded(
        "conv_dilated",
        layers.conv2d(
            "c",
            images,
            4,
            2,
            c -> recordedConvolution(c, "conv_dilated").padding(Padding.SAME).dilation(2)));
  }

  @Test
  void poolings() {
    assertRecorded("max_pool", layers.maxPool2d("a", images, 2));
    assertRecorded(
        "max_pool_same", layers.maxPool2d("b", images, 3, p -> p.strides(2).padding(Padding.SAME)));
    assertRecorded("average_pool", layers.averagePool2d("c", images, 2));
    assertRecorded(
        "average_pool_same",
        layers.averagePool2d("d", images, 3, p -> p.strides(2).padding(Padding.SAME)));
    assertRecorded("global_average_pool", layers.globalAveragePool2d("e", images));
  }

  @Test
  void batchNormalizationOfImagesTrainsAndEvaluates() {
    batchNormalization("batch_norm_images", "images");
  }

  @Test
  void batchNormalizationOfRowsTrainsAndEvaluates() {
    batchNormalization("batch_norm_rows", "rows");
  }

  private void batchNormalization(String name, String input) {
    Operand<TFloat32> first = Recorded.constant(model.tf, input);
    Operand<TFloat32> fed = model.tf.placeholderWithDefault(first, Recorded.shape(input));
    Operand<TFloat32> outputs =
        layers.batchNormalization(
            "bn",
            fed,
            b ->
                b.momentum(0.9)
                    .gammaInitializer(Recorded.initializer(name + "/gamma"))
                    .betaInitializer(Recorded.initializer(name + "/beta")));
    Operand<TFloat32> mean = moving("bn/moving_mean");
    Operand<TFloat32> variance = moving("bn/moving_variance");
    Op update = model.stepUpdates().get(0);
    assertRecorded(name + "/train_1", outputs);
    model.session().runner().addTarget(update).run().close();
    assertClose(model.run(mean), Recorded.floats(name + "/moving_mean_1"));
    assertClose(model.run(variance), Recorded.floats(name + "/moving_variance_1"));
    float[] doubled = Recorded.floats(input);
    for (int i = 0; i < doubled.length; i++) {
      doubled[i] *= 2;
    }
    try (TFloat32 tensor =
        TFloat32.tensorOf(
            Recorded.shape(input),
            org.tensorflow.ndarray.buffer.DataBuffers.of(doubled, true, false))) {
      assertClose(model.run(outputs, fed, tensor), Recorded.floats(name + "/train_2"));
      model.session().runner().feed(fed, tensor).addTarget(update).run().close();
    }
    assertClose(model.run(mean), Recorded.floats(name + "/moving_mean_2"));
    assertClose(model.run(variance), Recorded.floats(name + "/moving_variance_2"));
    evaluated(name, input);
  }

  /** An EVAL graph with the averages of the second step. */
  private static void evaluated(String name, String input) {
    try (Model eval = new Model(Mode.EVAL)) {
      Operand<TFloat32> outputs =
          eval.layers.batchNormalization(
              "bn",
              Recorded.constant(eval.tf, input),
              b ->
                  b.gammaInitializer(Recorded.initializer(name + "/gamma"))
                      .betaInitializer(Recorded.initializer(name + "/beta")));
      assertThat(eval.variables.stepUpdates()).isEmpty();
      for (String moving : List.of("moving_mean", "moving_variance")) {
        Operand<TFloat32> value = Recorded.constant(eval.tf, name + "/" + moving + "_2");
        Op assign = eval.tf.assign(statistic(eval, "bn/" + moving), value);
        eval.session().runner().addTarget(assign).run().close();
      }
      assertClose(eval.run(outputs), Recorded.floats(name + "/eval"));
    }
  }

  private Operand<TFloat32> moving(String name) {
    return model.tf.deepCopy(statistic(model, name));
  }

  @SuppressWarnings("unchecked") // moving averages are float32
  private static Operand<TFloat32> statistic(Model model, String name) {
    assertThat(model.variables.kinds()).containsEntry(name, Variables.Kind.STATISTIC);
    return (Operand<TFloat32>) Objects.requireNonNull(model.variables.all().get(name), name);
  }

  @Test
  void layerNormalization() {
    Operand<TFloat32> outputs =
        layers.layerNormalization(
            "norm",
            Recorded.constant(model.tf, "rows"),
            l ->
                l.gammaInitializer(Recorded.initializer("layer_norm/gamma"))
                    .betaInitializer(Recorded.initializer("layer_norm/beta")));
    assertRecorded("layer_norm", outputs);
  }

  @Test
  void denseOfSequencesAppliesToTheLastDimension() {
    assertRecorded(
        "dense_sequences",
        layers.dense(
            "dense",
            Recorded.constant(model.tf, "sequences"),
            3,
            d ->
                d.activation(Activation.TANH)
                    .kernelInitializer(Recorded.initializer("dense_sequences/kernel"))));
  }

  @Test
  void activations() {
    Operand<TFloat32> points = Recorded.constant(model.tf, "points");
    for (Activation activation : Activation.values()) {
      assertRecorded(
          activation == Activation.LINEAR ? "points" : "activation_" + activation,
          activation.apply(model.tf, points));
    }
  }

  @Test
  void embedding() {
    Operand<TInt64> ids =
        model.tf.reshape(
            model.tf.constant(Recorded.longs("embedding/ids")),
            model.tf.constant(new int[] {3, 2}));
    assertRecorded(
        "embedding",
        layers.embeddingTable("table", 7, 3, Recorded.initializer("embedding/table")).lookup(ids));
  }

  @Test
  void losses() {
    Operand<TFloat32> logits = Recorded.constant(model.tf, "losses/logits");
    Operand<TFloat32> targets = Recorded.constant(model.tf, "losses/targets");
    Operand<TFloat32> binary = Recorded.constant(model.tf, "losses/binary");
    Operand<TFloat32> weights = Recorded.constant(model.tf, "losses/weights");
    Operand<TInt64> classes = model.tf.constant(Recorded.longs("losses/classes"));
    Operand<TFloat32> oneHot = new Preprocessing(model.tf).oneHot(classes, 4);
    for (boolean weighted : new boolean[] {false, true}) {
      Losses losses = weighted ? model.losses.weightedBy(weights) : model.losses;
      String suffix = weighted ? "_weighted" : "";
      assertRecorded(
          "losses/sparse_softmax" + suffix, losses.sparseSoftmaxCrossEntropy(classes, logits));
      assertRecorded(
          "losses/smoothed_softmax" + suffix,
          losses.softmaxCrossEntropy(losses.smoothed(oneHot, 0.1f), logits));
      assertRecorded("losses/sigmoid" + suffix, losses.sigmoidCrossEntropy(binary, logits));
      assertRecorded(
          "losses/mean_squared_error" + suffix, losses.meanSquaredError(targets, logits));
      assertRecorded(
          "losses/mean_absolute_error" + suffix, losses.meanAbsoluteError(targets, logits));
      assertRecorded("losses/huber" + suffix, losses.huber(targets, logits, 0.7f));
      assertRecorded("losses/hinge" + suffix, losses.hinge(binary, logits));
    }
  }

  @Test
  void regularizers() {
    Operand<TFloat32> weights = Recorded.constant(model.tf, "regularized");
    assertRecorded("regularized/l1", Regularizer.l1(0.3f).penalty(model.tf, weights));
    assertRecorded("regularized/l2", Regularizer.l2(0.3f).penalty(model.tf, weights));
    assertThat(model.run(Regularizer.l1l2(0.3f, 0.3f).penalty(model.tf, weights))[0])
        .isCloseTo(
            Recorded.floats("regularized/l1")[0] + Recorded.floats("regularized/l2")[0],
            within(1e-5f));
  }

  /** The strings of record_layers.py. */
  private static List<String> hashed() {
    List<String> terms =
        new ArrayList<>(
            List.of(
                "",
                "a",
                "ab",
                "abc",
                "abcd",
                "Bachelors",
                "a string of nineteen",
                "Grüße aus Köln"));
    String digits = "0123456789abcdef".repeat(20);
    for (int length :
        new int[] {
          15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 66, 100, 127, 128, 129, 191, 192, 193, 255,
          300
        }) {
      terms.add(digits.substring(0, length));
    }
    return terms;
  }

  @Test
  void hashBuckets() {
    List<String> terms = hashed();
    long[] lengths =
        terms.stream().mapToLong(t -> t.getBytes(StandardCharsets.UTF_8).length).toArray();
    assertThat(lengths).containsExactly(Recorded.longs("hash/lengths"));
    assertThat(
            terms.stream()
                .mapToLong(t -> FarmHash.bucket(t.getBytes(StandardCharsets.UTF_8), Long.MAX_VALUE))
                .toArray())
        .containsExactly(Recorded.longs("hash/buckets"));
    Operand<TInt64> buckets =
        new Preprocessing(model.tf)
            .hash(
                model.tf.constant(
                    org.tensorflow.ndarray.NdArrays.vectorOfObjects(terms.toArray(new String[0]))),
                100);
    assertThat(model.runLongs(buckets)).containsExactly(Recorded.longs("hash/buckets_100"));
  }
}
