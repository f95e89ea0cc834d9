package dev.muster.job.data;

import java.util.Arrays;

/**
 * Which records a slot's next batch has: pure arithmetic over {@link GlobalOrder}. Immutable.
 *
 * @param order the order of all slots
 * @param pass what a pass reads of the order
 * @param rank the slot
 * @param size the number of slots
 * @param perSlot the records of a full batch in each slot
 * @param passes after which no batch runs on; {@link Long#MAX_VALUE} for none
 */
record BatchPlan(GlobalOrder order, Pass pass, int rank, int size, int perSlot, long passes) {
  BatchPlan {
    GlobalOrder.checkSlot(rank, size);
    if (perSlot < 1) {
      throw new IllegalArgumentException("Cannot make batches of " + perSlot + " records");
    }
    if (pass.first() + pass.records() > order.records()) {
      throw new IllegalArgumentException(
          "Cannot make passes of " + pass + " of " + order.records() + " records");
    }
    pass.refuseNoBatch("given", (long) perSlot * size);
  }

  /**
   * A slot's part of one global batch.
   *
   * @param records in the order of their positions
   * @param at where the global batch begins
   * @param after where the next global batch begins
   */
  record Part(long[] records, Position at, Position after) {}

  /** The global batch that begins here, or at the next pass where the rest of this is dropped. */
  Part part(Position start) {
    Position at = beforeWholeBatch(start);
    long epoch = at.epoch();
    long next = at.next();
    long missing = batch();
    long[] found = {};
    do {
      long to = next + Math.min(missing, pass.records() - next);
      found = append(found, order.slice(rank, size, epoch, pass.first() + next, pass.first() + to));
      missing -= to - next;
      next = to;
      if (next == pass.records()) {
        epoch++;
        next = 0;
      }
    } while (pass.ending() == Pass.Ending.RUN_ON && missing > 0 && epoch < passes);
    return new Part(found, at, beforeWholeBatch(new Position(epoch, next)));
  }

  /** Slots and batch size may have changed since the batch before it. */
  private Position beforeWholeBatch(Position position) {
    return pass.ending() == Pass.Ending.DROPPED && pass.records() - position.next() < batch()
        ? new Position(position.epoch() + 1, 0)
        : position;
  }

  /** The records of a global batch. */
  private long batch() {
    return (long) perSlot * size;
  }

  /** The global batches of so many passes from the beginning on. */
  long batches(long passes) {
    if (pass.ending() == Pass.Ending.RUN_ON) {
      return wholes(Math.multiplyExact(pass.records(), passes));
    }
    return Math.multiplyExact(wholes(pass.inBatches(batch())), passes);
  }

  private long wholes(long records) {
    return Math.addExact(records, batch() - 1) / batch();
  }

  private static long[] append(long[] some, long[] more) {
    if (some.length == 0) {
      return more;
    }
    long[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }

  /** Fails unless a pass has this position. */
  void check(Position start) {
    if (start.next() >= pass.records()) {
      throw new IllegalArgumentException(
          "Cannot start at record "
              + start.next()
              + " of a pass: the data set has "
              + pass.records());
    }
  }
}
