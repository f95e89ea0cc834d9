package dev.muster.job.data;

import dev.muster.trial.data.Dataset;

/**
 * Which part of a data set a slot reads: slot rank of size, or all of it as slot 0 of 1.
 *
 * @param rank of the share, below size
 * @param size the number of shares
 */
public record SlotShare(int rank, int size) {
  /** The share of a slot: all of a data set that is not sharded. */
  public static SlotShare of(Dataset dataset, int rank, int size) {
    return dataset.isSharded() ? new SlotShare(rank, size) : new SlotShare(0, 1);
  }

  /**
   * How many records all slots read together in a pass.
   *
   * @param stored the encoded records of the data set
   * @param perSlot the records of a full batch in each slot
   */
  public static long recordsRead(Dataset dataset, long stored, int perSlot, int slots) {
    long batch = batch(dataset, perSlot, slots);
    long records = Pass.of(dataset, stored).inBatches(batch);
    return dataset.isSharded() ? records : Math.multiplyExact(records, (long) slots);
  }

  /** The records of a batch over all slots that share the data set out. */
  public static long batch(Dataset dataset, int perSlot, int slots) {
    return (long) perSlot * of(dataset, 0, slots).size();
  }
}
