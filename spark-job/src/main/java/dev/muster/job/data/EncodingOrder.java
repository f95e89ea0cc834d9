package dev.muster.job.data;

import dev.muster.trial.data.Dataset;
import java.util.OptionalInt;

/**
 * How the slots will read what is encoded.
 *
 * @param slots that share it
 * @param globalBatch the records of a full batch of all slots
 * @param wantedShards the logical shards of the order to go on with; empty: as suits the slots
 */
public record EncodingOrder(int slots, int globalBatch, OptionalInt wantedShards) {
  /**
   * The order for a data set.
   *
   * @param perSlot the records of a slot's batch, where the data set does not say
   */
  public static EncodingOrder of(
      Dataset dataset, int slots, int perSlot, OptionalInt wantedShards) {
    int sharing = SlotShare.of(dataset, 0, slots).size();
    int batch = Math.multiplyExact(dataset.batchSize().orElse(perSlot), sharing);
    return new EncodingOrder(sharing, batch, wantedShards);
  }

  /** L, for this many records. */
  public int logicalShards(long records) {
    return wantedShards.orElseGet(() -> GlobalOrder.logicalShards(slots, globalBatch, records));
  }
}
