package dev.muster.job.runtime;

import dev.muster.job.data.Position;
import dev.muster.job.data.SlotBatches;
import java.io.IOException;

/** The batches of one slot. What is opened here is closed by the replica. */
public interface SlotData {
  /**
   * The training batches, without end.
   *
   * @param start the position of the first record of the next global batch
   */
  SlotBatches training(Position start) throws IOException;

  /** The validation batches of one pass. */
  SlotBatches validation() throws IOException;
}
