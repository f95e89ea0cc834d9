package dev.muster.job.runtime;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.LongToIntFunction;
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
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

/**
 * The network of the digits example in a loop of TensorFlow Java alone, in one thread: what a trial
 * on one slot must equal bit for bit.
 */
public final class PlainLoop implements AutoCloseable {
  private static final int PIXELS = 784;
  private static final int HIDDEN = 128;
  private static final int DIGITS = 10;

  private final Graph graph = new Graph();
  private final Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1));
  private final Ops tf = Ops.create(graph);
  private final Map<String, Operand<TFloat32>> variables = new LinkedHashMap<>();
  private final Map<String, Operand<TFloat32>> slots = new LinkedHashMap<>();
  private final List<Op> initializers = new ArrayList<>();
  private final Placeholder<TUint8> image;
  private final Placeholder<TInt64> digit;
  private final Operand<TFloat32> loss;
  private final Op train;
  private long steps;

  /**
   * A network before its first step.
   *
   * @param start the values of the kernels and biases
   */
  public PlainLoop(String optimizer, float rate, Map<String, float[]> start) {
    variable("hidden/kernel", Shape.of(PIXELS, HIDDEN), start);
    variable("hidden/bias", Shape.of(HIDDEN), start);
    variable("logits/kernel", Shape.of(HIDDEN, DIGITS), start);
    variable("logits/bias", Shape.of(DIGITS), start);
    image = tf.placeholder(TUint8.class, Placeholder.shape(Shape.of(-1, PIXELS)));
    digit = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1)));
    Operand<TFloat32> input =
        tf.math.mul(tf.dtypes.cast(image, TFloat32.class), tf.constant(1f / 255));
    Operand<TFloat32> logits = dense("logits", tf.nn.relu(dense("hidden", input)));
    Operand<TFloat32> oneHot =
        tf.oneHot(digit, tf.constant(DIGITS), tf.constant(1f), tf.constant(0f));
    loss = tf.math.mean(tf.nn.softmaxCrossEntropyWithLogits(logits, oneHot).loss(), tf.constant(0));
    train = optimizer.equals("sgd") ? sgd(rate) : adam(rate);
    initializers.forEach(session::run);
  }

  private void variable(String name, Shape shape, Map<String, float[]> start) {
    Operand<TFloat32> variable = tf.variable(shape, TFloat32.class);
    variables.put(name, variable);
    float[] value = Objects.requireNonNull(start.get(name), name);
    initializers.add(
        tf.assign(variable, tf.reshape(tf.constant(value), tf.constant(shape.asArray()))));
  }

  private Operand<TFloat32> dense(String name, Operand<TFloat32> input) {
    return tf.math.add(
        tf.linalg.matMul(input, Objects.requireNonNull(variables.get(name + "/kernel"))),
        Objects.requireNonNull(variables.get(name + "/bias")));
  }

  private List<Output<TFloat32>> gradients() {
    List<Output<TFloat32>> gradients = new ArrayList<>();
    for (Output<?> gradient :
        graph.addGradients(
            loss.asOutput(),
            variables.values().stream().map(Operand::asOutput).toArray(Output<?>[]::new))) {
      gradients.add(gradient.expect(TFloat32.class));
    }
    return gradients;
  }

  private Op sgd(float rate) {
    List<Output<TFloat32>> gradients = gradients();
    Ops after = tf.withControlDependencies(List.copyOf(gradients));
    List<Op> updates = new ArrayList<>();
    int i = 0;
    for (Operand<TFloat32> variable : variables.values()) {
      updates.add(after.train.applyGradientDescent(variable, tf.constant(rate), gradients.get(i)));
      i++;
    }
    return tf.withControlDependencies(updates).noOp();
  }

  private Op adam(float rate) {
    List<Output<TFloat32>> gradients = gradients();
    Ops after = tf.withControlDependencies(List.copyOf(gradients));
    Operand<TFloat32> beta1Power = slot("beta1_power", Shape.scalar(), 0.9f);
    Operand<TFloat32> beta2Power = slot("beta2_power", Shape.scalar(), 0.999f);
    List<Op> updates = new ArrayList<>();
    int i = 0;
    for (Map.Entry<String, Operand<TFloat32>> variable : variables.entrySet()) {
      Shape shape = variable.getValue().asOutput().shape();
      updates.add(
          after.train.applyAdam(
              variable.getValue(),
              slot(variable.getKey() + "/Adam", shape, 0),
              slot(variable.getKey() + "/Adam_1", shape, 0),
              beta1Power,
              beta2Power,
              tf.constant(rate),
              tf.constant(0.9f),
              tf.constant(0.999f),
              tf.constant(1e-8f),
              gradients.get(i)));
      i++;
    }
    Ops last = tf.withControlDependencies(updates);
    return tf.withControlDependencies(
            List.of(
                last.assign(beta1Power, last.math.mul(beta1Power, tf.constant(0.9f))),
                last.assign(beta2Power, last.math.mul(beta2Power, tf.constant(0.999f)))))
        .noOp();
  }

  private Operand<TFloat32> slot(String name, Shape shape, float value) {
    Operand<TFloat32> slot = tf.variable(shape, TFloat32.class);
    slots.put(name, slot);
    initializers.add(tf.assign(slot, tf.fill(tf.constant(shape.asArray()), tf.constant(value))));
    return slot;
  }

  /**
   * Trains a batch of records from..to - 1.
   *
   * @return its loss before the update
   */
  public float step(long from, long to, LongFunction<byte[]> pixels, LongToIntFunction digits) {
    int count = (int) (to - from);
    ByteBuffer bytes = ByteBuffer.allocate(count * PIXELS);
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      bytes.put(pixels.apply(from + i));
      labels[i] = digits.applyAsInt(from + i);
    }
    try (TUint8 images = TUint8.tensorOf(Shape.of(count, PIXELS), DataBuffers.of(bytes.array()));
        TInt64 shown = TInt64.vectorOf(labels);
        Result result =
            session
                .runner()
                .feed(image, images)
                .feed(digit, shown)
                .addTarget(train)
                .fetch(loss)
                .run()) {
      steps++;
      return ((TFloat32) result.get(0)).getFloat();
    }
  }

  /** All variables under the names that the trial's have. */
  public Map<String, double[]> variables() {
    Map<String, double[]> values = new TreeMap<>();
    variables.forEach((name, variable) -> values.put(name, fetch(variable)));
    slots.forEach((name, variable) -> values.put(name, fetch(variable)));
    values.put("global_step", new double[] {steps});
    return values;
  }

  private double[] fetch(Operand<TFloat32> variable) {
    try (Result result = session.runner().fetch(variable).run()) {
      float[] floats = new float[(int) result.get(0).shape().size()];
      result.get(0).asRawTensor().data().asFloats().read(floats);
      double[] values = new double[floats.length];
      for (int i = 0; i < floats.length; i++) {
        values[i] = floats[i];
      }
      return values;
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
