package dev.muster.job.runtime;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * This slot's sums over the batches of the window that is open: fed to each step, and taken from it
 * when it has succeeded. Where each batch updates the variables there is nothing to keep. Confined
 * to the slot's thread.
 *
 * <p>Sums are no part of the state that one slot gets from another: a slot that takes the place of
 * a lost one begins with none, and the window's update is by the batches that the others have
 * summed up, and its own since then, weighted by their examples.
 */
final class GradientWindow implements AutoCloseable {
  private final Aggregation aggregation;
  private final UpdatePath.@Nullable Window ends;
  private final TBool last = TBool.scalarOf(true);
  private final TBool notLast = TBool.scalarOf(false);
  private final TFloat32 nothing = TFloat32.scalarOf(0);
  private final TFloat32 examples = TFloat32.scalarOf(0);
  private @Nullable TFloat32 sums;
  private boolean open;

  GradientWindow(Aggregation aggregation, UpdatePath.@Nullable Window ends) {
    this.aggregation = aggregation;
    this.ends = ends;
  }

  /**
   * Whether a step updates the variables.
   *
   * @param batches trained before it
   */
  boolean updatesAfter(long batches) {
    return ends == null || aggregation.updatesAfter(batches);
  }

  /**
   * Feeds a step, and has it fetch the sums as its last value where the window goes on.
   *
   * @param batches trained before it
   * @param ofBatch its examples in this slot
   */
  void feed(Session.Runner runner, long batches, long ofBatch) {
    if (ends == null) {
      return;
    }
    examples.setFloat(ofBatch);
    runner
        .feed(ends.applies(), updatesAfter(batches) ? last : notLast)
        .feed(ends.examples(), examples)
        .feed(ends.before(), open ? Objects.requireNonNull(sums) : nothing);
    if (!updatesAfter(batches)) {
      runner.fetch(ends.after());
    }
  }

  /**
   * Takes what a step that succeeded has left.
   *
   * @param batches trained before it
   * @param values that it fetched
   */
  void keep(long batches, Result values) {
    if (ends == null) {
      return;
    }
    if (updatesAfter(batches)) {
      open = false;
    } else {
      set(TensorFlowInternals.memory(values.get(values.size() - 1)));
    }
  }

  /** The sums, to be read at once, in native byte order; empty between two windows. */
  Optional<ByteBuffer> sums() {
    return open
        ? Optional.of(TensorFlowInternals.memory(Objects.requireNonNull(sums)))
        : Optional.empty();
  }

  /** The length of the sums in bytes; 0 where each batch updates the variables. */
  long bytes() {
    return ends == null ? 0 : ends.elements() * Float.BYTES;
  }

  /** Goes on from these sums, or from none. */
  void moveTo(Optional<ByteBuffer> saved) {
    open = false;
    saved.ifPresent(this::set);
  }

  private void set(ByteBuffer values) {
    TFloat32 own = sums;
    if (own == null) {
      own = TFloat32.tensorOf(Shape.of(Objects.requireNonNull(ends).elements()));
      sums = own;
    }
    TensorFlowInternals.memory(own).put(values);
    open = true;
  }

  @Override
  public void close() {
    last.close();
    notLast.close();
    nothing.close();
    examples.close();
    if (sums != null) {
      sums.close();
    }
  }
}
