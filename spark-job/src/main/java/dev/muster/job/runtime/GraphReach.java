package dev.muster.job.runtime;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;

/** Which ops of a graph depend on which, by inputs and by control inputs. */
final class GraphReach {
  /** Hands an op's neighbours on one side to a consumer. */
  @FunctionalInterface
  private interface Side {
    void of(GraphOperation op, Consumer<GraphOperation> neighbours);
  }

  private GraphReach() {}

  /** These ops and all that must run before one of them. */
  static Set<GraphOperation> upstream(Collection<GraphOperation> from) {
    return closure(
        from,
        (op, neighbours) -> {
          for (Operand<?> input : op.inputs()) {
            neighbours.accept((GraphOperation) input.op());
          }
          op.controlInputs().forEach(neighbours);
        });
  }

  /** These ops and all that cannot run before one of them. */
  static Set<GraphOperation> downstream(Collection<GraphOperation> from) {
    return closure(
        from,
        (op, neighbours) -> {
          op.consumers().forEach(neighbours);
          op.controlConsumers().forEach(neighbours);
        });
  }

  private static Set<GraphOperation> closure(Collection<GraphOperation> from, Side side) {
    Set<GraphOperation> found = new LinkedHashSet<>(from);
    Deque<GraphOperation> open = new ArrayDeque<>(found);
    while (!open.isEmpty()) {
      side.of(
          open.pop(),
          neighbour -> {
            if (found.add(neighbour)) {
              open.push(neighbour);
            }
          });
    }
    return found;
  }
}
