package dev.muster.job.runtime;

import dev.muster.job.data.Position;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.data.Dataset;

/** The records of one slot. Confined to the slot's thread; closed with the replica. */
public interface SlotData extends AutoCloseable {
  /**
   * The training batches, without end; closed by the replica.
   *
   * @param dataset the trial's description
   * @param perSlot the records of a full batch in each slot
   * @param trialSeed of the shuffling, unless the data set has one, and of what maps draw
   * @param start the position of the first record of the next global batch
   */
  SlotBatches training(Dataset dataset, int perSlot, long trialSeed, Position start);

  /**
   * The validation batches of one pass; closed by the replica.
   *
   * @param dataset the trial's description
   * @param perSlot the records of a full batch in each slot
   * @param trialSeed of what maps draw
   */
  SlotBatches validation(Dataset dataset, int perSlot, long trialSeed);

  @Override
  void close();
}
