package dev.muster.job.runtime;

import dev.muster.trial.optimizer.GradientAndVariable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.io.FifoQueue;
import org.tensorflow.op.io.QueueClose;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/**
 * Puts the sums of a window and the exchange between the gradients of a complete model and their
 * stand-ins. Used once for a graph, before its first session.
 *
 * <p>In a window of several batches the flat tensor holds Σ examples × gradient, and behind it Σ
 * examples: added up over batches and slots, the first divided by the second is the gradient of the
 * mean loss over all of them, however uneven they are.
 */
final class UpdatePathBuilder {
  private final WrappedOptimizers wrapped;
  private final int slots;
  private final Ops tf;
  private final List<GradientAndVariable> own;
  private final Op barrier;

  /**
   * Looks at a complete model.
   *
   * @param before what a step computes before anything is updated, besides all gradients
   */
  UpdatePathBuilder(WrappedOptimizers wrapped, int slots, List<Operand<?>> before) {
    this.wrapped = wrapped;
    this.slots = slots;
    this.tf = wrapped.tf();
    this.own = wrapped.gradients().stream().map(WrappedOptimizers.Exchanged::own).toList();
    List<Op> all = new ArrayList<>(before);
    for (GradientAndVariable pair : own) {
      all.add(pair.gradient());
      pair.rows().ifPresent(all::add);
    }
    this.barrier = tf.withControlDependencies(all).noOp();
  }

  UpdatePath build() {
    if (own.isEmpty()) {
      return slots == 1 ? new UpdatePath(null, null, barrier) : withoutGradients();
    }
    if (slots == 1 && !wrapped.aggregation().isOn()) {
      Ops after = tf.withControlDependencies(List.of(barrier));
      bind(
          own.stream()
              .map(pair -> WrappedOptimizers.map(pair, after::identity, after::identity))
              .toList());
      return new UpdatePath(null, null, barrier);
    }
    List<Operand<TFloat32>> parts = FlatGradients.parts(tf, own);
    UpdatePath.@Nullable Window window = wrapped.aggregation().isOn() ? window(parts) : null;
    Operand<TFloat32> mine = window == null ? FlatGradients.concat(tf, parts) : window.after();
    if (slots == 1) {
      bind(unpack(mine, window));
      return new UpdatePath(null, window, barrier);
    }
    Exchange.Ends ends = ends(mine, window);
    bind(unpack(incoming(ends.received(), mine, window), window));
    return new UpdatePath(ends, window, after(ends.received()));
  }

  private UpdatePath withoutGradients() {
    Exchange.Ends ends = ends(null, null);
    return new UpdatePath(ends, null, after(ends.received()));
  }

  private Op after(Operand<?> operand) {
    return tf.withControlDependencies(List.of(operand)).noOp();
  }

  private UpdatePath.Window window(List<Operand<TFloat32>> parts) {
    Placeholder<TFloat32> examples =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
    Placeholder<TFloat32> before = tf.placeholder(TFloat32.class);
    List<Operand<TFloat32>> counted = new ArrayList<>(parts);
    counted.add(tf.constant(new float[] {1}));
    // A batch without examples adds nothing: its gradients may be no numbers.
    Operand<TFloat32> weighted =
        tf.select(
            tf.math.greater(examples, tf.constant(0f)),
            tf.math.mul(FlatGradients.concat(tf, counted), examples),
            tf.constant(0f));
    long elements = FlatGradients.elements(own) + 1;
    return new UpdatePath.Window(
        wrapped.applies(),
        examples,
        before,
        ofLength(elements, tf.math.add(before, weighted)),
        elements);
  }

  private Operand<TFloat32> ofLength(long elements, Operand<TFloat32> flat) {
    return tf.reshape(flat, tf.constant(new long[] {elements}));
  }

  /** The queues to the exchange's thread and back. */
  private Exchange.Ends ends(@Nullable Operand<TFloat32> mine, UpdatePath.@Nullable Window window) {
    FifoQueue toExchange = queue();
    FifoQueue fromExchange = queue();
    Op sent = null;
    if (mine != null) {
      Operand<TFloat32> outgoing =
          window == null ? mine : tf.switchCond(mine, window.applies()).outputTrue();
      sent = tf.io.queueEnqueue(toExchange, List.of(outgoing));
    }
    Placeholder<TFloat32> mean =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE)));
    return new Exchange.Ends(
        sent,
        dequeue(tf, toExchange),
        mean,
        tf.io.queueEnqueue(fromExchange, List.of(mean)),
        dequeue(tf.withControlDependencies(List.of(barrier)), fromExchange),
        tf.withControlDependencies(List.of(close(toExchange), close(fromExchange))).noOp(),
        mine == null ? 0 : window == null ? FlatGradients.elements(own) : window.elements(),
        window != null);
  }

  private FifoQueue queue() {
    return tf.io.fifoQueue(List.of(TFloat32.class), FifoQueue.capacity(1L));
  }

  private Op close(FifoQueue queue) {
    return tf.io.queueClose(queue, QueueClose.cancelPendingEnqueues(true));
  }

  @SuppressWarnings("unchecked") // the queue's only component is float32
  private static Output<TFloat32> dequeue(Ops tf, FifoQueue queue) {
    return (Output<TFloat32>)
        tf.io.queueDequeue(queue, List.of(TFloat32.class)).components().get(0);
  }

  /** What all slots sent; before the window's last batch, what this one would have sent. */
  private Operand<TFloat32> incoming(
      Output<TFloat32> received, Operand<TFloat32> mine, UpdatePath.@Nullable Window window) {
    if (window == null) {
      return ofLength(FlatGradients.elements(own), received);
    }
    Operand<TFloat32> ofAll = tf.switchCond(received, window.applies()).outputTrue();
    Operand<TFloat32> ofMine = tf.switchCond(mine, window.applies()).outputFalse();
    return tf.<TFloat32>merge(List.of(ofAll, ofMine)).output();
  }

  private List<GradientAndVariable> unpack(
      Operand<TFloat32> flat, UpdatePath.@Nullable Window window) {
    if (window == null) {
      return FlatGradients.unpack(tf, flat, own);
    }
    long gradients = window.elements() - 1;
    Operand<TFloat32> sums =
        tf.slice(flat, tf.constant(new long[] {0}), tf.constant(new long[] {gradients}));
    Operand<TFloat32> examples =
        tf.slice(flat, tf.constant(new long[] {gradients}), tf.constant(new long[] {1}));
    Operand<TFloat32> mean = tf.math.divNoNan(sums, examples);
    Aggregation aggregation = wrapped.aggregation();
    return FlatGradients.unpack(
        tf,
        aggregation.average()
            ? mean
            : tf.math.mul(mean, tf.constant((float) aggregation.frequency())),
        own);
  }

  private void bind(List<GradientAndVariable> values) {
    for (int i = 0; i < values.size(); i++) {
      GradientAndVariable standIn = wrapped.gradients().get(i).standIn();
      GradientAndVariable value = values.get(i);
      bind(standIn.gradient(), value.gradient());
      standIn.rows().ifPresent(rows -> bind(rows, value.rows().orElseThrow()));
    }
  }

  private <T extends TType> void bind(Operand<T> standIn, Operand<T> value) {
    TensorFlowInternals.redirect(
        wrapped.graph(), value.asOutput(), (GraphOperation) standIn.op(), 0);
  }
}
