package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import dev.muster.trial.layer.Variables;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * Makes the variables that steps assign from the slot's own batches, such as the moving averages of
 * batch normalization, the same in all slots: before a validation and before a checkpoint.
 *
 * <p>A variable that is the same in all slots already keeps its bits. Of the others, floating point
 * values become the plain mean over the slots, each of which has seen as many steps as the others,
 * summed as float32; what is no floating point number becomes rank 0's value. Afterwards the bits
 * are the same on all ranks. Texts are left alone.
 *
 * <p>Confined to the slot's thread, between steps.
 */
final class StatisticsAverage {
  /** How a variable is read and set. */
  private record Access(Operand<?> read, Placeholder<?> value, Op assign, boolean averaged) {}

  private final VariableValues values;
  private final Session session;
  private final Map<String, Access> statistics;

  private StatisticsAverage(
      VariableValues values, Session session, Map<String, Access> statistics) {
    this.values = values;
    this.session = session;
    this.statistics = statistics;
  }

  /** Adds the ops to a TRAIN graph; before its first run. */
  static StatisticsAverage build(ModelGraph train, VariableValues values, Session session) {
    Ops tf = Ops.create(train.graph()).withSubScope("muster_statistics");
    Map<String, Access> statistics = new LinkedHashMap<>();
    train
        .variables()
        .forEach(
            (name, variable) -> {
              Variables.Kind kind =
                  train.scope().kinds().getOrDefault(name, Variables.Kind.STATISTIC);
              if (kind == Variables.Kind.STATISTIC && !variable.type().equals(TString.class)) {
                statistics.put(name, access(tf, variable));
              }
            });
    return new StatisticsAverage(values, session, statistics);
  }

  private static <T extends TType> Access access(Ops tf, Output<T> variable) {
    if (TFloating.class.isAssignableFrom(variable.type())) {
      Placeholder<TFloat32> mean =
          tf.placeholder(TFloat32.class, Placeholder.shape(variable.shape()));
      return new Access(
          tf.dtypes.cast(variable, TFloat32.class),
          mean,
          tf.assign(variable, tf.dtypes.cast(mean, variable.type())),
          true);
    }
    Placeholder<T> value = tf.placeholder(variable.type(), Placeholder.shape(variable.shape()));
    return new Access(variable, value, tf.assign(variable, value), false);
  }

  /** The names of the variables that are made the same, sorted. */
  List<String> names() {
    return List.copyOf(statistics.keySet());
  }

  /**
   * All ranks call it, between steps.
   *
   * @param ring null outside a generation, where there is nobody to agree with
   */
  void over(@Nullable Collective ring) {
    if (ring == null || ring.size() == 1 || statistics.isEmpty()) {
      return;
    }
    List<String> differing =
        List.copyOf(VariableHashes.differing(ring, values, session, names()).keySet());
    if (differing.isEmpty()) {
      return;
    }
    average(ring, differing.stream().filter(name -> access(name).averaged()).toList());
    takeChiefs(ring, differing.stream().filter(name -> !access(name).averaged()).toList());
  }

  private Access access(String name) {
    return Objects.requireNonNull(statistics.get(name), name);
  }

  private void average(Collective ring, List<String> names) {
    if (names.isEmpty()) {
      return;
    }
    Session.Runner read = session.runner();
    names.forEach(name -> read.fetch(access(name).read()));
    List<Shape> shapes = new ArrayList<>();
    ByteBuffer mine;
    try (Result result = read.run()) {
      long bytes = 0;
      for (int i = 0; i < names.size(); i++) {
        shapes.add(result.get(i).shape());
        bytes += result.get(i).numBytes();
      }
      mine = buffer(bytes);
      for (int i = 0; i < names.size(); i++) {
        mine.put(TensorFlowInternals.memory(result.get(i)));
      }
      mine.flip();
    }
    ByteBuffer sum = buffer(mine.remaining());
    ring.allReduce(mine, 1, sum);
    assignMeans(names, shapes, sum.asFloatBuffer(), ring.size());
  }

  private static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  private void assignMeans(List<String> names, List<Shape> shapes, FloatBuffer sums, int slots) {
    List<Tensor> means = new ArrayList<>();
    try {
      Session.Runner assign = session.runner();
      for (int i = 0; i < names.size(); i++) {
        TFloat32 mean = TFloat32.tensorOf(shapes.get(i));
        means.add(mean);
        FloatBuffer target = TensorFlowInternals.memory(mean).asFloatBuffer();
        while (target.hasRemaining()) {
          target.put(sums.get() / slots);
        }
        Access access = access(names.get(i));
        assign.feed(access.value(), mean).addTarget(access.assign());
      }
      assign.run().close();
    } finally {
      means.forEach(Tensor::close);
    }
  }

  private void takeChiefs(Collective ring, List<String> names) {
    for (String name : names) {
      Access access = access(name);
      try (Result own = session.runner().fetch(access.read()).run();
          Tensor chiefs = Tensor.of(access.read().type(), own.get(0).shape())) {
        ByteBuffer memory = TensorFlowInternals.memory(chiefs);
        memory.put(TensorFlowInternals.memory(own.get(0))).flip();
        ring.broadcast(0, memory);
        session.runner().feed(access.value(), chiefs).addTarget(access.assign()).run().close();
      }
    }
  }
}
