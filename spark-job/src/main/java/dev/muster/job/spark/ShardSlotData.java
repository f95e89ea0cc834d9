package dev.muster.job.spark;

import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.Position;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.job.runtime.SlotData;
import dev.muster.trial.data.Dataset;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The records of one slot: fetched from the block managers when they are first needed, then kept in
 * local files until the replica is closed. Confined to the slot's thread.
 */
final class ShardSlotData implements SlotData {
  private final ShardLocation training;
  private final ShardLocation validation;
  private final int rank;
  private final int size;
  private final Path parent;
  private @Nullable RecordStore trainingStore;
  private @Nullable RecordStore validationStore;

  ShardSlotData(ShardLocation training, ShardLocation validation, int rank, int size, Path parent) {
    this.training = training;
    this.validation = validation;
    this.rank = rank;
    this.size = size;
    this.parent = parent;
  }

  @Override
  public SlotBatches training(Dataset dataset, int perSlot, long seed, Position start) {
    RecordLayout layout = RecordLayout.of(dataset.columns());
    RecordStore store = trainingStore;
    if (store == null) {
      store = ShardFetcher.fetch(training, layout, rank, size, parent);
      trainingStore = store;
    }
    return SlotBatches.training(
        layout,
        order(training, dataset, seed),
        store,
        rank,
        size,
        perSlot,
        dataset.isRepeatedBeforeBatch(),
        start);
  }

  @Override
  public SlotBatches validation(Dataset dataset, int perSlot) {
    RecordLayout layout = RecordLayout.of(dataset.columns());
    RecordStore store = validationStore;
    if (store == null) {
      store = ShardFetcher.fetch(validation, layout, rank, size, parent);
      validationStore = store;
    }
    return SlotBatches.validation(
        layout,
        order(validation, dataset, dataset.shuffleSeed().orElse(0)),
        store,
        rank,
        size,
        perSlot);
  }

  private static GlobalOrder order(ShardLocation location, Dataset dataset, long seed) {
    return new GlobalOrder(
        location.records(), location.logicalShards(), dataset.isShuffled(), seed);
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
