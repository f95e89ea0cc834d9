package dev.muster.trial.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.Conv2d;
import org.tensorflow.op.nn.DepthwiseConv2dNative;
import org.tensorflow.op.nn.LocalResponseNormalization;
import org.tensorflow.op.nn.TopK;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** What TensorFlow gets wrong is mended or refused, and what it cannot do is named. */
class GradientsTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variables variables = new Variables(graph, 1);

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  private Operand<TFloat32> variable(String name, long... shape) {
    return variables.trainable(name, Shape.of(shape), (ops, s, seed) -> values(ops, name, s));
  }

  private static Operand<TFloat32> values(Ops tf, String name, Shape shape) {
    float[] values = new float[(int) shape.size()];
    Random random = new Random(name.hashCode());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return tf.reshape(tf.constant(values), tf.constant(shape.asArray()));
  }

  /** Σ weight × value, with weights all different. */
  private Operand<TFloat32> loss(Operand<TFloat32> value) {
    Operand<TFloat32> flat = tf.reshape(value, tf.constant(new int[] {-1}));
    return tf.reduceSum(
        tf.math.mul(flat, values(tf, "weights", Shape.of(value.asOutput().shape().size()))),
        tf.constant(0));
  }

  private List<GradientAndVariable> gradients(Operand<TFloat32> loss) {
    return new Optimizers(graph, variables).sgd(0.1f).computeGradients(loss);
  }

  /** The gradients agree with differences of the loss, for each element of each variable. */
  private void agreesWithDifferences(Operand<TFloat32> loss) {
    List<GradientAndVariable> pairs = gradients(loss);
    assertThat(pairs).hasSize(variables.trainable().size());
    try (Session session = new Session(graph)) {
      variables.initializers().forEach(op -> session.runner().addTarget(op).run().close());
      for (GradientAndVariable pair : pairs) {
        float[] gradient = read(session, pair.dense(tf).gradient());
        float[] start = read(session, pair.variable());
        assertThat(gradient).hasSameSizeAs(start);
        for (int i = 0; i < start.length; i++) {
          double up = shifted(session, loss, pair.variable(), start, i, 0.01f);
          double down = shifted(session, loss, pair.variable(), start, i, -0.01f);
          double slope = (up - down) / 0.02;
          assertThat((double) gradient[i])
              .as("%s, element %d", pair.name(), i)
              .isCloseTo(slope, within(0.01 * Math.max(1, Math.abs(slope))));
        }
      }
    }
  }

  private static float[] read(Session session, Operand<TFloat32> value) {
    try (Result result = session.runner().fetch(value).run()) {
      TFloat32 tensor = (TFloat32) result.get(0);
      float[] values = new float[(int) tensor.size()];
      tensor.asRawTensor().data().asFloats().read(values);
      return values;
    }
  }

  private static double shifted(
      Session session,
      Operand<TFloat32> loss,
      Output<TFloat32> variable,
      float[] start,
      int element,
      float shift) {
    float[] values = start.clone();
    values[element] += shift;
    try (TFloat32 fed = TFloat32.tensorOf(variable.shape(), DataBuffers.of(values))) {
      return readFed(session, loss, variable, fed);
    }
  }

  private static double readFed(
      Session session, Operand<TFloat32> loss, Output<TFloat32> variable, TFloat32 fed) {
    try (Result result = session.runner().feed(variable, fed).fetch(loss).run()) {
      return ((TFloat32) result.get(0)).getFloat();
    }
  }

  @Test
  void gradientsOfDilatedConvolutionsAreMended() {
    Operand<TFloat32> images = variable("images", 1, 6, 6, 2);
    Operand<TFloat32> once =
        tf.nn.conv2d(
            images,
            variable("filter", 3, 3, 2, 2),
            List.of(1L, 1L, 1L, 1L),
            "SAME",
            Conv2d.dilations(List.of(1L, 2L, 2L, 1L)));
    Operand<TFloat32> twice =
        tf.nn.conv2d(
            once,
            variable("second", 3, 3, 2, 1),
            List.of(1L, 1L, 1L, 1L),
            "VALID",
            Conv2d.dilations(List.of(1L, 1L, 2L, 1L)));
    Operand<TFloat32> plain =
        tf.nn.conv2d(images, variable("third", 2, 2, 2, 1), List.of(1L, 1L, 1L, 1L), "SAME");
    agreesWithDifferences(tf.math.add(loss(twice), loss(plain)));
  }

  @Test
  void convolutionsThatShareTheirInputAndFilterAreToldApart() {
    Operand<TFloat32> images = variable("images", 1, 6, 6, 1);
    Operand<TFloat32> filter = variable("filter", 3, 3, 1, 1);
    Operand<TFloat32> near = tf.nn.conv2d(images, filter, List.of(1L, 2L, 2L, 1L), "SAME");
    Operand<TFloat32> far =
        tf.nn.conv2d(
            images,
            filter,
            List.of(1L, 1L, 1L, 1L),
            "SAME",
            Conv2d.dilations(List.of(1L, 2L, 2L, 1L)));
    agreesWithDifferences(tf.math.add(loss(near), loss(far)));
  }

  @Test
  void mendedConvolutionGivesTheSameValues() {
    Operand<TFloat32> images = variable("images", 2, 6, 7, 2);
    Operand<TFloat32> filter = variable("filter", 3, 2, 2, 3);
    Operand<TFloat32> plain = dilated(images, filter);
    Operand<TFloat32> mended = tf.identity(dilated(images, filter));
    gradients(loss(mended));
    try (Session session = new Session(graph)) {
      variables.initializers().forEach(op -> session.runner().addTarget(op).run().close());
      float[] expected = read(session, plain);
      float[] found = read(session, mended);
      GraphOperation convolution = (GraphOperation) ((GraphOperation) mended.op()).input(0).op();
      assertThat(convolution.attributes().getAttrIntList("dilations")).containsOnly(1);
      for (int i = 0; i < expected.length; i++) {
        assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  private Operand<TFloat32> dilated(Operand<TFloat32> images, Operand<TFloat32> filter) {
    return tf.nn.conv2d(
        images, filter, List.of(1L, 1L, 1L, 1L), "SAME", Conv2d.dilations(List.of(1L, 2L, 3L, 1L)));
  }

  @Test
  void gradientsOfLocalResponseNormalizationAreMended() {
    Operand<TFloat32> images = variable("images", 1, 3, 3, 4);
    Operand<TFloat32> first =
        tf.nn.localResponseNormalization(
            images,
            LocalResponseNormalization.depthRadius(1L),
            LocalResponseNormalization.alpha(.5f),
            LocalResponseNormalization.beta(.7f),
            LocalResponseNormalization.bias(2f));
    Operand<TFloat32> second =
        tf.nn.localResponseNormalization(
            first, LocalResponseNormalization.depthRadius(2L), LocalResponseNormalization.bias(3f));
    agreesWithDifferences(loss(second));
  }

  @Test
  void dilatedDepthwiseConvolutionIsRefused() {
    Operand<TFloat32> value =
        tf.nn.depthwiseConv2dNative(
            variable("images", 1, 6, 6, 2),
            variable("filter", 3, 3, 2, 1),
            List.of(1L, 1L, 1L, 1L),
            "SAME",
            DepthwiseConv2dNative.dilations(List.of(1L, 2L, 2L, 1L)));
    refuses(
        loss(value),
        "TensorFlow's gradient of op 'DepthwiseConv2dNative' of type DepthwiseConv2dNative ignores"
            + " dilations, found [1, 2, 2, 1]; use spaceToBatchNd before and batchToSpaceNd after");
  }

  @Test
  void plainDepthwiseConvolutionIsRight() {
    agreesWithDifferences(
        loss(
            tf.nn.depthwiseConv2dNative(
                variable("images", 1, 5, 5, 2),
                variable("filter", 2, 2, 2, 2),
                List.of(1L, 1L, 1L, 1L),
                "VALID")));
  }

  @Test
  void logSoftmaxIsForTwoDimensions() {
    refuses(
        loss(tf.nn.logSoftmax(variable("cube", 2, 3, 4))),
        "op 'LogSoftmax' of type LogSoftmax is right for shape [n, classes] only, found [2, 3, 4];"
            + " reshape to two dimensions and back");
  }

  @Test
  void logSoftmaxOfTwoDimensionsIsRight() {
    agreesWithDifferences(loss(tf.nn.logSoftmax(variable("matrix", 2, 4))));
  }

  private void refuses(Operand<TFloat32> loss, String... parts) {
    assertThatThrownBy(() -> gradients(loss))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot compute gradients: ")
        .hasMessageContainingAll(parts);
  }

  @Test
  void opsWithoutGradientAreNamedWithWhatTheyCutOff() {
    Operand<TFloat32> kernel = variable("layer/kernel", 3);
    Operand<TFloat32> bias = variable("layer/bias", 3);
    Operand<TFloat32> other = variable("other", 3);
    Operand<TFloat32> rounded = tf.withName("to_integers").math.rint(tf.math.mul(kernel, bias));
    Operand<TFloat32> best =
        tf.withName("best").nn.topK(other, tf.constant(2), new TopK.Options[0]).values();
    refuses(
        tf.math.add(loss(rounded), loss(best)),
        "op 'to_integers' of type Rint has no gradient in TensorFlow Java and cuts off the"
            + " variables [layer/kernel, layer/bias]; replace it by ops that have one",
        "op 'best' of type TopKV2 has no gradient in TensorFlow Java and cuts off the variables"
            + " [other]; gather the values by its indices");
  }

  @Test
  void opWithoutGradientIsFineWhereNoGradientGoes() {
    Operand<TFloat32> kernel = variable("kernel", 3);
    Operand<TFloat32> best =
        tf.stopGradient(tf.nn.topK(kernel, tf.constant(3), new TopK.Options[0]).values());
    agreesWithDifferences(tf.math.add(loss(kernel), loss(tf.math.mul(best, tf.constant(0f)))));
  }

  @Test
  void loopOfWhatIsNotTrainedIsNone() {
    Operand<TFloat32> kernel = variable("kernel", 3);
    loop(tf.constant(1f));
    loop(loss(kernel));
    agreesWithDifferences(tf.math.add(loss(kernel), loop(tf.constant(1f))));
  }

  @Test
  void loopOnTheWayIsNamed() {
    Operand<TFloat32> kernel = variable("kernel", 3);
    variable("free", 2);
    refuses(
        loop(loss(kernel)),
        "of type Enter is part of a loop or a branch, which cuts off the variables [kernel]:",
        "unroll the loop");
  }

  private Operand<TFloat32> loop(Operand<TFloat32> value) {
    Operation enter =
        graph
            .opBuilder("Enter", tf.scope().makeOpName("Enter"), tf.scope())
            .addInput(value.asOutput())
            .setAttr("frame_name", "loop")
            .build();
    return graph
        .opBuilder("Exit", tf.scope().makeOpName("Exit"), tf.scope())
        .addInput(enter.output(0))
        .build()
        .<TFloat32>output(0);
  }

  @Test
  void integersCarryNoGradient() {
    Operand<TFloat32> kernel = variable("kernel", 3);
    Operand<TFloat32> cut =
        tf.dtypes.cast(
            tf.dtypes.cast(tf.math.mul(kernel, tf.constant(3f)), TInt64.class), TFloat32.class);
    List<GradientAndVariable> pairs = gradients(tf.math.add(loss(cut), loss(kernel)));
    try (Session session = new Session(graph)) {
      variables.initializers().forEach(op -> session.runner().addTarget(op).run().close());
      assertThat(read(session, pairs.get(0).gradient()))
          .containsExactly(read(session, values(tf, "weights", Shape.of(3))));
    }
  }

  @Test
  void unknownVariablesAreNamed() {
    Operand<TFloat32> loss = loss(variable("kernel", 3));
    Optimizer sgd = new Optimizers(graph, variables).sgd(0.1f);
    assertThatThrownBy(() -> sgd.minimize(loss, "kernel", "kernle"))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot compute gradients with respect to [kernle]: the trainable variables are"
                + " [kernel]");
  }
}
