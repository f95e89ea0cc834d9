package dev.muster.job.runtime;

import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * The way of the gradients through the TRAIN graph, from what the batch gave to what is applied.
 *
 * @param exchange the ends of the exchange with the other slots; null with one slot
 * @param window the ends of the sums over the batches of a window; null where each batch updates
 * @param settled runs in every step, once its gradients are there and its exchange has succeeded
 */
record UpdatePath(Exchange.@Nullable Ends exchange, @Nullable Window window, Op settled) {
  /** Has a step run what it owes to the exchange, whatever the model's training op is. */
  void addTargets(Session.Runner runner) {
    runner.addTarget(settled);
    if (exchange != null && exchange.sent() != null) {
      runner.addTarget(exchange.sent());
    }
  }

  /**
   * The graph's ends of the sums over a window's batches. The sums come in and go out with each
   * step, and the slot keeps them only when the step has succeeded: a broken step changes nothing.
   *
   * @param applies fed: whether this batch is the last of its window
   * @param examples fed: the examples of this batch
   * @param before fed: the sums over the window's earlier batches, flat, or a scalar 0
   * @param after the same with this batch
   * @param elements the length of the sums
   */
  record Window(
      Placeholder<TBool> applies,
      Placeholder<TFloat32> examples,
      Placeholder<TFloat32> before,
      Operand<TFloat32> after,
      long elements) {}
}
