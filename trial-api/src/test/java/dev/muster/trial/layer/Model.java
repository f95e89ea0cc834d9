package dev.muster.trial.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.Mode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A graph with layers, its session, and gradients checked by finite differences. */
final class Model implements AutoCloseable {
  private final Graph graph = new Graph();
  final Ops tf = Ops.create(graph);
  final Variables variables = new Variables(graph, 42);
  final Losses losses = new Losses(tf);
  final Layers layers;
  private @Nullable Session session;
  private int initialized;

  Model(Mode mode) {
    layers =
        mode == Mode.TRAIN ? Layers.forTraining(tf, variables) : Layers.forInference(tf, variables);
  }

  Graph graph() {
    return graph;
  }

  /** An input whose values are a trainable variable, so that its gradient can be checked. */
  Operand<TFloat32> trained(String name, Shape shape, float... values) {
    return variables.trainable(name, shape, Initializer.values(values));
  }

  Placeholder<TFloat32> placeholder(long... shape) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(shape)));
  }

  /** The ops that run in each training step. */
  List<Op> stepUpdates() {
    List<Op> updates = new ArrayList<>();
    variables.stepUpdates().forEach(update -> updates.add(update.apply(tf)));
    return updates;
  }

  /** A session in which all variables so far have values. */
  Session session() {
    Session open = session;
    if (open == null) {
      open = new Session(graph);
      session = open;
    }
    for (; initialized < variables.initializers().size(); initialized++) {
      open.runner().addTarget(variables.initializers().get(initialized)).run().close();
    }
    return open;
  }

  float[] run(Operand<TFloat32> fetched) {
    try (Result result = session().runner().fetch(fetched).run()) {
      return floats((TFloat32) result.get(0));
    }
  }

  float[] run(Operand<TFloat32> fetched, Operand<TFloat32> input, Tensor fed) {
    try (Result result = session().runner().feed(input, fed).fetch(fetched).run()) {
      return floats((TFloat32) result.get(0));
    }
  }

  long[] runLongs(Operand<TInt64> fetched) {
    try (Result result = session().runner().fetch(fetched).run()) {
      TInt64 tensor = (TInt64) result.get(0);
      long[] values = new long[Math.toIntExact(tensor.size())];
      tensor.copyTo(DataBuffers.of(values, false, false));
      return values;
    }
  }

  private static float[] floats(TFloat32 tensor) {
    float[] values = new float[Math.toIntExact(tensor.size())];
    tensor.copyTo(DataBuffers.of(values, false, false));
    return values;
  }

  /** A scalar in which each output counts differently: Σ sin(i + 1) output. */
  Operand<TFloat32> mixed(Operand<TFloat32> outputs) {
    float[] factors = new float[Math.toIntExact(outputs.asOutput().shape().size())];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) Math.sin(i + 1);
    }
    Operand<TFloat32> flat = tf.reshape(outputs, tf.constant(new int[] {-1}));
    return tf.reduceSum(tf.math.mul(flat, tf.constant(factors)), tf.constant(0));
  }

  /** Compares TensorFlow's gradients with respect to all trainable variables. */
  void assertGradients(Operand<TFloat32> loss) {
    List<Output<TFloat32>> trainable = List.copyOf(variables.trainable().values());
    Output<?>[] gradients =
        graph.addGradients(loss.asOutput(), trainable.toArray(new Output<?>[0]));
    for (int v = 0; v < gradients.length; v++) {
      Output<TFloat32> variable = trainable.get(v);
      @SuppressWarnings("unchecked") // of a float32 variable
      float[] found = run((Output<TFloat32>) gradients[v]);
      float[] values = run(tf.deepCopy(variable));
      Placeholder<TFloat32> next = tf.placeholder(TFloat32.class);
      Op assign = tf.assign(variable, tf.reshape(next, tf.constant(variable.shape().asArray())));
      for (int i = 0; i < values.length; i++) {
        float step = 0.01f;
        double above = shifted(loss, assign, next, values, i, step);
        double below = shifted(loss, assign, next, values, i, -step);
        set(assign, next, values);
        double expected = (above - below) / (2 * step);
        assertThat((double) found[i])
            .as("gradient of %s[%d]", variable.op().name(), i)
            .isCloseTo(expected, within(4e-3 + 0.01 * Math.abs(expected)));
      }
    }
  }

  private double shifted(
      Operand<TFloat32> loss,
      Op assign,
      Placeholder<TFloat32> next,
      float[] values,
      int index,
      float by) {
    float[] moved = values.clone();
    moved[index] += by;
    set(assign, next, moved);
    return run(loss)[0];
  }

  private void set(Op assign, Placeholder<TFloat32> next, float[] values) {
    try (TFloat32 tensor =
        TFloat32.tensorOf(Shape.of(values.length), DataBuffers.of(values, true, false))) {
      session().runner().feed(next, tensor).addTarget(assign).run().close();
    }
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
    graph.close();
  }
}
