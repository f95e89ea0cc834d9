package dev.muster.job.data;

import java.util.Arrays;

/**
 * Which records a slot's next batch has: pure arithmetic over {@link GlobalOrder}. Immutable.
 *
 * @param order the order of all slots
 * @param rank the slot
 * @param size the number of slots
 * @param perSlot the records of a full batch in each slot
 * @param runOn whether a batch runs on into the next pass rather than ending with its pass
 */
record BatchPlan(GlobalOrder order, int rank, int size, int perSlot, boolean runOn) {
  BatchPlan {
    GlobalOrder.checkSlot(rank, size);
    if (perSlot < 1) {
      throw new IllegalArgumentException("Cannot make batches of " + perSlot + " records");
    }
    if (order.records() == 0) {
      throw new IllegalArgumentException("Cannot make batches of a data set without records");
    }
  }

  /**
   * A slot's part of one global batch.
   *
   * @param records in the order of their positions
   * @param after where the next global batch begins
   */
  record Part(long[] records, Position after) {}

  /** The global batch that begins here. */
  Part part(Position start) {
    long epoch = start.epoch();
    long next = start.next();
    long missing = (long) perSlot * size;
    long[] found = {};
    do {
      long to = next + Math.min(missing, order.records() - next);
      found = append(found, order.slice(rank, size, epoch, next, to));
      missing -= to - next;
      next = to;
      if (next == order.records()) {
        epoch++;
        next = 0;
      }
    } while (runOn && missing > 0);
    return new Part(found, new Position(epoch, next));
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
    if (start.next() >= order.records()) {
      throw new IllegalArgumentException(
          "Cannot start at record "
              + start.next()
              + " of a pass: the data set has "
              + order.records());
    }
  }
}
