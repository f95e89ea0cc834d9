package dev.muster.job.runtime;

import dev.muster.trial.optimizer.GradientAndVariable;
import dev.muster.trial.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.io.FifoQueue;
import org.tensorflow.op.io.QueueClose;
import org.tensorflow.types.TFloat32;

/**
 * Puts the exchange between computing and applying the gradients, inside the graph: all gradients
 * as one flat tensor go through a queue to the exchange's thread, and their mean over the slots
 * comes back through another. Since every update waits for that one tensor, a step that breaks
 * leaves all variables as they were.
 */
final class ExchangedOptimizer extends Optimizer {
  /**
   * The graph's ends of the exchange.
   *
   * @param gradients what the exchange's thread fetches: this slot's gradients, flat
   * @param mean what it feeds: the mean of all slots
   * @param answer hands the mean to the step
   * @param cancel breaks both queues, for good
   * @param elements of the flat tensor
   */
  record Ends(
      Output<TFloat32> gradients,
      Placeholder<TFloat32> mean,
      Op answer,
      Op cancel,
      long elements) {}

  private final Optimizer optimizer;
  private final Graph graph;
  private final int slots;
  private @Nullable Ends ends;
  private boolean applied;

  ExchangedOptimizer(Optimizer optimizer, Graph graph, int slots) {
    this.optimizer = optimizer;
    this.graph = graph;
    this.slots = slots;
  }

  @Override
  public List<GradientAndVariable> computeGradients(Operand<TFloat32> loss) {
    List<GradientAndVariable> own = optimizer.computeGradients(loss);
    return slots == 1 ? own : exchange(own);
  }

  private List<GradientAndVariable> exchange(List<GradientAndVariable> own) {
    Ops tf = Ops.create(graph).withSubScope("muster_exchange");
    Operand<TFloat32> flat = flatten(tf, own);
    long elements = own.stream().mapToLong(pair -> pair.variable().shape().size()).sum();
    FifoQueue toExchange = queue(tf, elements);
    FifoQueue fromExchange = queue(tf, elements);
    Op sent = tf.io.queueEnqueue(toExchange, List.of(flat));
    Placeholder<TFloat32> mean =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(elements)));
    ends =
        new Ends(
            dequeue(tf, toExchange),
            mean,
            tf.io.queueEnqueue(fromExchange, List.of(mean)),
            tf.withControlDependencies(List.of(close(tf, toExchange), close(tf, fromExchange)))
                .noOp(),
            elements);
    Output<TFloat32> received = dequeue(tf.withControlDependencies(List.of(sent)), fromExchange);
    return split(tf, received, own);
  }

  private static Operand<TFloat32> flatten(Ops tf, List<GradientAndVariable> pairs) {
    List<Operand<TFloat32>> parts = new ArrayList<>();
    for (GradientAndVariable pair : pairs) {
      parts.add(tf.reshape(pair.gradient(), tf.constant(new int[] {-1})));
    }
    return parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(0));
  }

  private static FifoQueue queue(Ops tf, long elements) {
    return tf.io.fifoQueue(
        List.of(TFloat32.class),
        FifoQueue.capacity(1L),
        FifoQueue.shapes(List.of(Shape.of(elements))));
  }

  private static Op close(Ops tf, FifoQueue queue) {
    return tf.io.queueClose(queue, QueueClose.cancelPendingEnqueues(true));
  }

  @SuppressWarnings("unchecked") // the queue's only component is float32
  private static Output<TFloat32> dequeue(Ops tf, FifoQueue queue) {
    return (Output<TFloat32>)
        tf.io.queueDequeue(queue, List.of(TFloat32.class)).components().get(0);
  }

  private static List<GradientAndVariable> split(
      Ops tf, Output<TFloat32> flat, List<GradientAndVariable> own) {
    int[] sizes =
        own.stream().mapToInt(pair -> Math.toIntExact(pair.variable().shape().size())).toArray();
    List<Output<TFloat32>> parts =
        sizes.length == 1
            ? List.of(flat)
            : tf.splitV(flat, tf.constant(sizes), tf.constant(0), (long) sizes.length).output();
    List<GradientAndVariable> exchanged = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      Output<TFloat32> variable = own.get(i).variable();
      exchanged.add(
          new GradientAndVariable(
              tf.reshape(parts.get(i), tf.constant(variable.shape().asArray())), variable));
    }
    return exchanged;
  }

  @Override
  public Op applyGradients(List<GradientAndVariable> gradients) {
    applied = true;
    return optimizer.applyGradients(gradients);
  }

  @Override
  public Map<String, Float> learningRates() {
    return optimizer.learningRates();
  }

  /** Whether a training op was built through this optimizer. */
  boolean isApplied() {
    return applied;
  }

  /** The ends of the exchange; null with one slot, which has nothing to exchange. */
  @Nullable Ends ends() {
    return ends;
  }
}
