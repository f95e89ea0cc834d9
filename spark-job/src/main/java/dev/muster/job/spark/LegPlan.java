package dev.muster.job.spark;

import java.time.Duration;
import java.util.List;

/**
 * What one leg is.
 *
 * @param order what to do, in the program's own format
 * @param programClass the {@link SlotProgram} that each slot runs, found by the task's class loader
 * @param joinDeadline how long to wait for all slots ({@code wait_for_slots_s})
 * @param progressTimeout how long a slot may stand still ({@code progress_timeout_s})
 * @param preferredExecutors the executor that each task prefers; empty: those that hold a replica
 *     of the trial
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record LegPlan(
    String trialId,
    int slots,
    byte[] order,
    String programClass,
    Duration joinDeadline,
    Duration progressTimeout,
    List<String> preferredExecutors) {

  LegPlan {
    preferredExecutors = List.copyOf(preferredExecutors);
    if (slots < 1) {
      throw new IllegalArgumentException("Cannot plan a leg: " + slots + " slots, at least 1");
    }
    if (order.length > Wire.MAX_BLOB_BYTES) {
      throw new IllegalArgumentException(
          "Cannot plan a leg: its order has %d bytes, the limit is %d"
              .formatted(order.length, Wire.MAX_BLOB_BYTES));
    }
  }

  /** A leg whose tasks prefer the executors that hold a replica of the trial. */
  LegPlan(
      String trialId,
      int slots,
      byte[] order,
      String programClass,
      Duration joinDeadline,
      Duration progressTimeout) {
    this(trialId, slots, order, programClass, joinDeadline, progressTimeout, List.of());
  }
}
