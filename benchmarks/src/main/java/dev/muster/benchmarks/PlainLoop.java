package dev.muster.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * What a program without any framework reaches: one process, one thread, TensorFlow Java alone. Of
 * each step a fresh copy of the batch goes in and the loss comes back.
 */
final class PlainLoop {
  /** On standard output when the warm-up is over; the timed steps begin with a line of input. */
  static final String READY = "ready";

  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final List<Variable<TFloat32>> variables = new ArrayList<>();
  private final List<Op> initial = new ArrayList<>();
  private final Placeholder<TFloat32> image;
  private final Placeholder<TInt64> digit;
  private final Operand<TFloat32> loss;
  private final Op step;

  private PlainLoop() {
    image = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, Images.PIXELS)));
    digit = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1)));
    Operand<TFloat32> first = tf.nn.relu(dense(image, Images.PIXELS, NetworkTrial.HIDDEN));
    Operand<TFloat32> second = tf.nn.relu(dense(first, NetworkTrial.HIDDEN, NetworkTrial.HIDDEN));
    Operand<TFloat32> logits = dense(second, NetworkTrial.HIDDEN, Images.DIGITS);
    Operand<TFloat32> labels =
        tf.oneHot(digit, tf.constant(Images.DIGITS), tf.constant(1f), tf.constant(0f));
    loss = tf.math.mean(tf.nn.softmaxCrossEntropyWithLogits(logits, labels).loss(), tf.constant(0));
    step = adam();
  }

  private Operand<TFloat32> dense(Operand<TFloat32> input, int in, int units) {
    Operand<TFloat32> kernel =
        tf.math.mul(
            tf.random.statelessRandomNormal(
                tf.constant(new int[] {in, units}),
                tf.constant(new long[] {variables.size(), 1}),
                TFloat32.class),
            tf.constant((float) Math.sqrt(1.0 / in)));
    Operand<TFloat32> weights = variable(Shape.of(in, units), kernel);
    Operand<TFloat32> bias = variable(Shape.of(units), zeros(Shape.of(units)));
    return tf.math.add(tf.linalg.matMul(input, weights), bias);
  }

  private Operand<TFloat32> variable(Shape shape, Operand<TFloat32> value) {
    Variable<TFloat32> variable = slot(shape, value);
    variables.add(variable);
    return variable;
  }

  private Variable<TFloat32> slot(Shape shape, Operand<TFloat32> value) {
    Variable<TFloat32> slot = tf.variable(shape, TFloat32.class);
    initial.add(tf.assign(slot, value));
    return slot;
  }

  private Operand<TFloat32> zeros(Shape shape) {
    return tf.fill(tf.constant(shape.asArray()), tf.constant(0f));
  }

  private Op adam() {
    Output<?>[] gradients =
        graph.addGradients(
            loss.asOutput(), variables.stream().map(Operand::asOutput).toArray(Output<?>[]::new));
    Variable<TFloat32> power1 = slot(Shape.scalar(), tf.constant(BETA1));
    Variable<TFloat32> power2 = slot(Shape.scalar(), tf.constant(BETA2));
    List<Op> updates = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      Variable<TFloat32> variable = variables.get(i);
      Shape shape = variable.shape();
      updates.add(
          tf.train.applyAdam(
              variable,
              slot(shape, zeros(shape)),
              slot(shape, zeros(shape)),
              power1,
              power2,
              tf.constant(NetworkTrial.LEARNING_RATE),
              tf.constant(BETA1),
              tf.constant(BETA2),
              tf.constant(EPSILON),
              floats(gradients[i])));
    }
    Ops last = tf.withControlDependencies(updates);
    return tf.withControlDependencies(
            List.of(
                last.assign(power1, last.math.mul(power1, last.constant(BETA1))),
                last.assign(power2, last.math.mul(power2, last.constant(BETA2)))))
        .noOp();
  }

  @SuppressWarnings("unchecked") // the gradient of a float32 variable is float32
  private static Output<TFloat32> floats(Output<?> gradient) {
    return (Output<TFloat32>) gradient;
  }

  /** All images in one array each, as a program that owns its data would keep them. */
  private record Data(float[] pixels, long[] digits) {
    static Data make() {
      float[] pixels = new float[Images.RECORDS * Images.PIXELS];
      long[] digits = new long[Images.RECORDS];
      for (int i = 0; i < Images.RECORDS; i++) {
        System.arraycopy(Images.pixels(i), 0, pixels, i * Images.PIXELS, Images.PIXELS);
        digits[i] = Images.digit(i);
      }
      return new Data(pixels, digits);
    }

    TFloat32 images(int from, int count) {
      return TFloat32.tensorOf(
          Shape.of(count, Images.PIXELS),
          DataBuffers.of(pixels, true, false)
              .slice((long) from * Images.PIXELS, (long) count * Images.PIXELS));
    }

    TInt64 digits(int from, int count) {
      return TInt64.tensorOf(
          Shape.of(count), DataBuffers.of(digits, true, false).slice(from, count));
    }
  }

  private float step(Session session, Data data, int from, int batch) {
    try (TFloat32 images = data.images(from, batch);
        TInt64 digits = data.digits(from, batch);
        Result result =
            session
                .runner()
                .feed(image, images)
                .feed(digit, digits)
                .addTarget(step)
                .fetch(loss)
                .run()) {
      return ((TFloat32) result.get(0)).getFloat();
    }
  }

  /** Arguments: the batch, the steps to warm up, the steps to time. */
  public static void main(String[] arguments) throws Exception {
    int batch = Integer.parseInt(arguments[0]);
    int warmUp = Integer.parseInt(arguments[1]);
    int timed = Integer.parseInt(arguments[2]);
    Data data = Data.make();
    PlainLoop loop = new PlainLoop();
    ConfigProto oneThread =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(1)
            .setInterOpParallelismThreads(1)
            .build();
    try (Session session = new Session(loop.graph, oneThread)) {
      Session.Runner first = session.runner();
      loop.initial.forEach(first::addTarget);
      first.run().close();
      int batches = Images.RECORDS / batch;
      for (int i = 0; i < warmUp; i++) {
        loop.step(session, data, i % batches * batch, batch);
      }
      System.out.println(READY);
      if (System.in.read() < 0) {
        return;
      }
      double[] millis = new double[timed];
      long start = System.nanoTime();
      float last = 0;
      for (int i = 0; i < timed; i++) {
        long before = System.nanoTime();
        last = loop.step(session, data, (warmUp + i) % batches * batch, batch);
        millis[i] = (System.nanoTime() - before) / 1e6;
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      Arrays.sort(millis);
      System.out.printf(
          Locale.ROOT,
          "%.1f examples/s, median step %.3f ms, loss %.4f%n",
          batch * (double) timed / seconds,
          millis[timed / 2],
          last);
    }
  }
}
