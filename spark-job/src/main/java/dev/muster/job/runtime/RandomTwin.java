package dev.muster.job.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Builds ops that draw from the same distribution as a random op that keeps state, but as a
 * function of a seed: of the same shape and type, from the same inputs.
 */
final class RandomTwin {
  /** Ops that differ in nothing but the seed: shape in, numbers out. */
  private static final Map<String, String> DRAWS =
      Map.of(
          "RandomUniform", "StatelessRandomUniform",
          "RandomStandardNormal", "StatelessRandomNormal",
          "TruncatedNormal", "StatelessTruncatedNormal",
          "NonDeterministicInts", "StatelessRandomUniformFullInt");

  private final Ops tf;
  private final GraphOperation op;
  private final Operand<TInt64> seed;

  private RandomTwin(Ops tf, GraphOperation op, Operand<TInt64> seed) {
    this.tf = tf;
    this.op = op;
    this.seed = seed;
  }

  /** Whether {@link #of} can build a twin of ops of this type. */
  static boolean exists(String type) {
    return switch (type) {
      case "RandomUniformInt",
          "Multinomial",
          "RandomGamma",
          "RandomPoissonV2",
          "ParameterizedTruncatedNormal",
          "RandomShuffle",
          "SampleDistortedBoundingBoxV2" ->
          true;
      default -> DRAWS.containsKey(type);
    };
  }

  /**
   * Adds the twin of an op.
   *
   * @param seed {@code [2]}: what the numbers are a function of
   * @return its outputs, as many as the op has
   */
  static List<Output<?>> of(Ops tf, GraphOperation op, Operand<TInt64> seed) {
    return new RandomTwin(tf, op, seed).build();
  }

  private List<Output<?>> build() {
    return switch (op.type()) {
      case "RandomUniformInt" ->
          List.of(draw("StatelessRandomUniformInt", op.input(0), seed, op.input(1), op.input(2)));
      case "Multinomial" -> List.of(multinomial());
      // These two draw one sample of the given shape for each element of alpha and rate; their
      // twins are given the whole shape.
      case "RandomGamma" ->
          List.of(draw("StatelessRandomGammaV2", perElement(), seed, op.input(1)));
      case "RandomPoissonV2" ->
          List.of(draw("StatelessRandomPoisson", perElement(), seed, op.input(1)));
      case "ParameterizedTruncatedNormal" -> List.of(parameterizedTruncatedNormal());
      case "RandomShuffle" -> List.of(shuffle());
      case "SampleDistortedBoundingBoxV2" -> boundingBox();
      default -> List.of(draw(Objects.requireNonNull(DRAWS.get(op.type())), op.input(0), seed));
    };
  }

  private OperationBuilder builder(String type, Operand<?>... inputs) {
    OperationBuilder builder = tf.scope().opBuilder(type, type);
    for (Operand<?> input : inputs) {
      builder.addInput(input.asOutput());
    }
    return builder;
  }

  private Output<?> draw(String type, Operand<?>... inputs) {
    return builder(type, inputs).setAttr("dtype", op.output(0).dataType()).build().output(0);
  }

  private Output<?> multinomial() {
    return builder("StatelessMultinomial", op.input(0), op.input(1), seed)
        .setAttr("output_dtype", op.output(0).dataType())
        .build()
        .output(0);
  }

  private Operand<TInt64> long64(Operand<?> number) {
    return tf.dtypes.cast(number, TInt64.class);
  }

  private Operand<TInt64> shapeOf(Operand<?> value) {
    return tf.shape(value, TInt64.class);
  }

  private Operand<TInt64> perElement() {
    return tf.concat(List.of(long64(op.input(0)), shapeOf(op.input(1))), tf.constant(0));
  }

  /** Parameters are scalars or have one element for each row; the twin wants the whole shape. */
  private Output<?> parameterizedTruncatedNormal() {
    Operand<TInt64> shape = long64(op.input(0));
    Operand<TInt64> otherDimensions =
        tf.fill(
            tf.stack(List.of(tf.math.sub(tf.size(shape, TInt64.class), tf.constant(1L)))),
            tf.constant(1L));
    Operand<TInt64> column =
        tf.concat(List.of(tf.constant(new long[] {-1}), otherDimensions), tf.constant(0));
    List<Operand<?>> inputs = new ArrayList<>(List.of(shape, seed));
    for (int i = 1; i < 5; i++) {
      inputs.add(tf.broadcastTo(tf.reshape(op.input(i), column), shape));
    }
    return builder("StatelessParameterizedTruncatedNormal", inputs.toArray(Operand<?>[]::new))
        .build()
        .output(0);
  }

  /** Puts the rows into the order of random keys: 64 bits, so that no two are equal. */
  private Output<?> shuffle() {
    Output<?> value = op.input(0);
    if (!value.shape().isUnknown() && value.shape().numDimensions() == 0) {
      return tf.identity(value).asOutput();
    }
    Operand<TInt32> rows = tf.gather(tf.shape(value), tf.constant(0), tf.constant(0));
    Operand<TInt64> keys =
        tf.random.statelessRandomUniformFullInt(tf.stack(List.of(rows)), seed, TInt64.class);
    Operand<TInt32> order = tf.nn.topK(keys, rows, TInt32.class).indices();
    return tf.gather(value, order, tf.constant(0)).asOutput();
  }

  private List<Output<?>> boundingBox() {
    var attributes = op.attributes();
    var twin =
        builder("StatelessSampleDistortedBoundingBox", op.input(0), op.input(1), op.input(2), seed)
            .setAttr("aspect_ratio_range", attributes.getAttrFloatList("aspect_ratio_range"))
            .setAttr("area_range", attributes.getAttrFloatList("area_range"))
            .setAttr("max_attempts", attributes.getAttrInt("max_attempts"))
            .setAttr(
                "use_image_if_no_bounding_boxes",
                attributes.getAttrBool("use_image_if_no_bounding_boxes"))
            .build();
    return List.of(twin.output(0), twin.output(1), twin.output(2));
  }
}
