package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.OperationAttributeInspector;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.types.family.TNumber;

/**
 * Sees to the ops whose gradients TensorFlow 2.18 builds wrongly without a word: its C++ gradients
 * leave out some attributes of the op. What can be mended is, the rest is refused.
 */
final class GradientMend {
  private static final List<String> LRN_ATTRIBUTES =
      List.of("depth_radius", "bias", "alpha", "beta");

  private GradientMend() {}

  /**
   * Before the gradients are built: makes dilated convolutions what they are equal to, and refuses
   * what cannot be mended.
   *
   * @param ops between the variables and the loss
   */
  static void before(Graph graph, Ops tf, Collection<GraphOperation> ops) {
    for (GraphOperation op : ops) {
      switch (op.type()) {
        case "LogSoftmax" -> checkLogSoftmax(op);
        case "Conv2D" -> mendConvolution(graph, tf, op);
        case "DepthwiseConv2dNative" -> checkDepthwise(op);
        default -> {}
      }
    }
  }

  /**
   * When the gradients are built: gives LRN's the attributes that were left out.
   *
   * @param added what computes the gradients
   */
  static void after(Graph graph, Collection<GraphOperation> added) {
    for (GraphOperation gradient : added) {
      if (gradient.type().equals("LRNGrad")) {
        GraphOperation forward = (GraphOperation) gradient.input(2).op();
        for (String attribute : LRN_ATTRIBUTES) {
          AttrValue value = forward.attributes().getAttrValueProto(attribute);
          TensorFlowInternals.setAttribute(graph, gradient, attribute, value);
        }
      }
    }
  }

  private static void checkLogSoftmax(GraphOperation op) {
    Shape shape = op.output(0).shape();
    if (shape.numDimensions() != 2) {
      throw refused(
          op,
          "is right for shape [n, classes] only, found " + shape,
          "reshape to two dimensions and back");
    }
  }

  private static void checkDepthwise(GraphOperation op) {
    long[] dilations = dilations(op);
    if (isDilated(dilations)) {
      throw refused(
          op,
          "ignores dilations, found " + Arrays.toString(dilations),
          "use spaceToBatchNd before and batchToSpaceNd after one without dilations");
    }
  }

  /**
   * Puts in its place the same convolution by a filter with zeros between its rows and columns,
   * whose gradient is right. (To set the dilations of the gradient's own ops works with oneDNN and
   * with cuDNN only; TensorFlow's other kernels for CPUs refuse them.)
   */
  private static void mendConvolution(Graph graph, Ops tf, GraphOperation op) {
    long[] dilations = dilations(op);
    if (!isDilated(dilations)) {
      return;
    }
    Output<?> filter = op.input(1);
    if (filter.shape().hasUnknownDimension()) {
      throw refused(
          op,
          "ignores dilations, found "
              + Arrays.toString(dilations)
              + " and a filter of shape "
              + filter.shape(),
          "give the filter a shape that is known");
    }
    OperationAttributeInspector attributes = op.attributes();
    String format = attributes.getAttrString("data_format");
    int height = format.equals("NCHW") ? 2 : 1;
    Operand<?> spread = spread(tf, filter, dilations[height], dilations[height + 1]);
    Operation undilated =
        graph
            .opBuilder("Conv2D", tf.scope().makeOpName("Conv2D"), tf.scope())
            .addInput(op.input(0))
            .addInput(spread.asOutput())
            .setAttr("strides", attributes.getAttrIntList("strides"))
            .setAttr("padding", attributes.getAttrString("padding"))
            .setAttr("explicit_paddings", attributes.getAttrIntList("explicit_paddings"))
            .setAttr("data_format", format)
            .build();
    for (GraphOperation user : op.consumers(0)) {
      for (int i = 0; i < user.numInputs(); i++) {
        if (user.input(i).equals(op.output(0))) {
          TensorFlowInternals.setInput(graph, user, i, undilated.output(0));
        }
      }
    }
  }

  @SuppressWarnings("unchecked") // filters are numbers
  private static Operand<?> spread(Ops tf, Output<?> of, long rowStep, long columnStep) {
    Operand<TNumber> filter = (Operand<TNumber>) of;
    int[] size = Arrays.stream(of.shape().asArray()).mapToInt(Math::toIntExact).toArray();
    int rows = Math.toIntExact(rowStep);
    int columns = Math.toIntExact(columnStep);
    Operand<TNumber> apart =
        tf.reshape(filter, tf.constant(new int[] {size[0], 1, size[1], 1, size[2], size[3]}));
    int[][] zeros = new int[6][2];
    zeros[1][1] = rows - 1;
    zeros[3][1] = columns - 1;
    Operand<TNumber> joined =
        tf.reshape(
            tf.pad(apart, tf.constant(zeros), tf.dtypes.cast(tf.constant(0), filter.type())),
            tf.constant(new int[] {size[0] * rows, size[1] * columns, size[2], size[3]}));
    return tf.slice(
        joined,
        tf.constant(new int[4]),
        tf.constant(
            new int[] {(size[0] - 1) * rows + 1, (size[1] - 1) * columns + 1, size[2], size[3]}));
  }

  private static boolean isDilated(long[] dilations) {
    return Arrays.stream(dilations).anyMatch(dilation -> dilation != 1);
  }

  private static long[] dilations(GraphOperation op) {
    return op.attributes().getAttrIntList("dilations");
  }

  private static TrialException refused(GraphOperation op, String fact, String instead) {
    return new TrialException(
        "Cannot compute gradients: TensorFlow's gradient of op '"
            + op.name()
            + "' of type "
            + op.type()
            + " "
            + fact
            + "; "
            + instead);
  }
}
