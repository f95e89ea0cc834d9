package dev.muster.job.runtime;

import dev.muster.job.data.Batch;
import dev.muster.job.data.Position;
import dev.muster.job.data.SlotBatches;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a slot is in its training: the batches done and the position in the data, from which the
 * batches are opened when the first is needed. Confined to the slot's thread.
 */
final class TrainingCursor implements AutoCloseable {
  private final Function<Position, SlotBatches> opener;
  private @Nullable SlotBatches open;
  private Position position = Position.START;
  private long batches;

  /**
   * At the beginning.
   *
   * @param opener opens the batches from a position on
   */
  TrainingCursor(Function<Position, SlotBatches> opener) {
    this.opener = opener;
  }

  /** The batches trained since the trial began. */
  long batches() {
    return batches;
  }

  /** Where the next batch begins. */
  Position position() {
    return position;
  }

  /** The next batch; {@link #advance} once it is trained. */
  Batch next() {
    SlotBatches source = open;
    if (source == null) {
      source = opener.apply(position);
      open = source;
    }
    return source.next();
  }

  /** The batch of {@link #next} is trained. */
  void advance() {
    if (open == null) {
      throw new IllegalStateException("Cannot advance: no batch was read");
    }
    batches++;
    position = open.position();
  }

  /** Goes on from another place. */
  void moveTo(long batchesDone, Position next) {
    close();
    batches = batchesDone;
    position = next;
  }

  /** Closes the batches; they are opened again when the next is needed. */
  @Override
  public void close() {
    SlotBatches source = open;
    open = null;
    if (source != null) {
      source.close();
    }
  }
}
