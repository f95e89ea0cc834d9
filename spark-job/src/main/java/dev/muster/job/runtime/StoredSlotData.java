package dev.muster.job.runtime;

import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.Pass;
import dev.muster.job.data.Position;
import dev.muster.job.data.Reading;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.job.data.SlotShare;
import dev.muster.trial.data.Dataset;
import org.jspecify.annotations.Nullable;

/**
 * The records of one slot, in local stores that are opened when they are first needed and kept
 * until the replica is closed. Confined to the slot's thread.
 */
public final class StoredSlotData implements SlotData {
  /** Opens the store with the records of a share; closed by the slot's data. */
  @FunctionalInterface
  public interface Opener {
    /**
     * The store.
     *
     * @param layout of the records
     * @param share what the slot reads
     */
    RecordStore open(RecordLayout layout, SlotShare share);
  }

  /**
   * The encoded records of a data set.
   *
   * @param count all of them
   * @param logicalShards of their {@link GlobalOrder}
   * @param opener of a slot's share
   */
  public record Records(long count, int logicalShards, Opener opener) {}

  private final Records training;
  private final Records validation;
  private final int rank;
  private final int size;
  private @Nullable RecordStore trainingStore;
  private @Nullable RecordStore validationStore;

  /**
   * The data of one slot; nothing is opened yet.
   *
   * @param rank of the slot
   * @param size the number of slots
   */
  public StoredSlotData(Records training, Records validation, int rank, int size) {
    this.training = training;
    this.validation = validation;
    this.rank = rank;
    this.size = size;
  }

  @Override
  public SlotBatches training(Dataset dataset, int perSlot, long trialSeed, Position start) {
    RecordLayout layout = RecordLayout.of(dataset.columns());
    SlotShare share = SlotShare.of(dataset, rank, size);
    RecordStore store = trainingStore;
    if (store == null) {
      store = training.opener().open(layout, share);
      trainingStore = store;
    }
    long order = dataset.shuffleSeed().orElse(trialSeed);
    Reading reading = reading(training, layout, dataset, order, trialSeed);
    return SlotBatches.training(
        reading, store, share, perSlot, within(start, reading.pass().records()));
  }

  /** Data that has changed since a checkpoint, and was accepted, may have fewer records. */
  private static Position within(Position start, long records) {
    return start.next() < records ? start : new Position(start.epoch() + 1, 0);
  }

  @Override
  public SlotBatches validation(Dataset dataset, int perSlot, long trialSeed) {
    RecordLayout layout = RecordLayout.of(dataset.columns());
    SlotShare share = SlotShare.of(dataset, rank, size);
    RecordStore store = validationStore;
    if (store == null) {
      store = validation.opener().open(layout, share);
      validationStore = store;
    }
    long order = dataset.shuffleSeed().orElse(0);
    Reading reading = reading(validation, layout, dataset, order, trialSeed);
    long passes = dataset.pipeline().passes().orElse(1); // for ever is refused, or after batch()
    return SlotBatches.validation(reading, store, share, perSlot, passes);
  }

  private static Reading reading(
      Records records, RecordLayout layout, Dataset dataset, long seed, long trialSeed) {
    return new Reading(
        layout,
        new GlobalOrder(
            records.count(),
            records.logicalShards(),
            dataset.isShuffled(),
            seed,
            dataset.pipeline().shuffleWindow()),
        Pass.of(dataset, records.count()),
        BatchMaps.of(dataset, trialSeed));
  }

  @Override
  public void close() {
    for (RecordStore store : new @Nullable RecordStore[] {trainingStore, validationStore}) {
      if (store != null) {
        store.close();
      }
    }
    trainingStore = null;
    validationStore = null;
  }
}
