package dev.muster.job.spark;

import dev.muster.job.data.DamagedRecordsException;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import dev.muster.job.runtime.StoredSlotData;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;

/** Copies a slot's partitions from Spark's block managers to its local disk; on executors. */
final class ShardFetcher {
  private ShardFetcher() {}

  /**
   * An encoded data set, whose partitions a slot fetches when it first needs them.
   *
   * @param parent a local directory in which a store makes its own
   */
  static StoredSlotData.Records records(ShardLocation location, Path parent) {
    return new StoredSlotData.Records(
        location.records(),
        location.logicalShards(),
        (layout, share) -> fetch(location, layout, share.rank(), share.size(), parent));
  }

  /**
   * A store with the partitions of slot {@code rank} of {@code size}; the caller closes it. Runs on
   * the thread of the slot's task.
   *
   * @param parent a local directory in which the store makes its own
   * @throws ShardMissingException when no executor has a partition any more, or its bytes are not
   *     those that were encoded
   * @throws UncheckedIOException when the disk fails
   */
  static RecordStore fetch(
      ShardLocation location, RecordLayout layout, int rank, int size, Path parent) {
    if (!layout.fingerprint().equals(location.fingerprint())) {
      throw new IllegalArgumentException(
          "Cannot read encoded data: expected layout "
              + layout.fingerprint()
              + ", found "
              + location.fingerprint());
    }
    RecordStore store =
        RecordStore.create(parent, layout, location.records(), location.partitions());
    try {
      RecordStore.partitionsOf(rank, size, location.partitions())
          .forEach(partition -> fetch(location, partition, store));
      return store;
    } catch (RuntimeException | Error e) {
      store.close();
      throw e;
    }
  }

  private static void fetch(ShardLocation location, int partition, RecordStore store) {
    Iterator<byte[]> chunks =
        ScalaBridge.block(location.rddId(), partition)
            .orElseThrow(
                () ->
                    new ShardMissingException(
                        "Cannot read encoded data: expected partition "
                            + partition
                            + " of RDD "
                            + location.rddId()
                            + " on an executor, found it on none"));
    try {
      store.write(partition, chunks, location.checksums().get(partition));
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof DamagedRecordsException) {
        throw new ShardMissingException(
            "Cannot read encoded data: partition %d of RDD %d is damaged: %s"
                .formatted(partition, location.rddId(), e.getMessage()));
      }
      throw e;
    } finally {
      while (chunks.hasNext()) { // To its end, or the block stays locked.
        chunks.next();
      }
    }
  }
}
