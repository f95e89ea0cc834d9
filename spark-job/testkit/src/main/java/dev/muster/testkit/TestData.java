package dev.muster.testkit;

import dev.muster.job.data.EncodingOrder;
import dev.muster.job.data.Pass;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotShare;
import dev.muster.job.runtime.StoredSlotData;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Selection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A data set's records, encoded once for all slots. Immutable. */
final class TestData {
  private final RecordLayout layout;
  private final List<byte[]> records;
  private final int slots;
  private final int logicalShards;

  private TestData(RecordLayout layout, List<byte[]> records, int slots, int logicalShards) {
    this.layout = layout;
    this.records = records;
    this.slots = slots;
    this.logicalShards = logicalShards;
  }

  /**
   * Encodes rows.
   *
   * @param name for messages, e.g. {@code training data}
   * @param perSlot the records of a slot's batch, where the data set does not say
   */
  static TestData encode(
      String name,
      Dataset dataset,
      List<Map<String, @Nullable Object>> rows,
      int slots,
      int perSlot) {
    RecordLayout layout = RecordLayout.of(dataset.columns());
    RecordEncoder encoder = new RecordEncoder(name, layout);
    List<byte[]> records = new ArrayList<>();
    Selection selection = dataset.pipeline().ofSource();
    Pass.refuseNone(dataset, selection, rows.size());
    for (int row = (int) selection.skip(); row < selection.end(rows.size()); row++) {
      records.add(encoder.encode(rows.get(row), row));
    }
    EncodingOrder order = EncodingOrder.of(dataset, slots, perSlot, OptionalInt.empty());
    return new TestData(layout, records, slots, order.logicalShards(records.size()));
  }

  int size() {
    return records.size();
  }

  /** What a slot reads, from stores that it opens below this directory. */
  StoredSlotData.Records records(Path directory) {
    return new StoredSlotData.Records(
        records.size(), logicalShards, (sameLayout, share) -> store(directory, share));
  }

  private RecordStore store(Path directory, SlotShare share) {
    RecordStore store = RecordStore.create(directory, layout, records.size(), slots);
    try {
      for (int partition = share.rank(); partition < slots; partition += share.size()) {
        write(store, partition);
      }
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private void write(RecordStore store, int partition) {
    List<byte[]> own = new ArrayList<>();
    CRC32C checksum = new CRC32C();
    for (int record = partition; record < records.size(); record += slots) {
      own.add(records.get(record));
      checksum.update(records.get(record));
    }
    store.write(partition, own.iterator(), checksum.getValue());
  }
}
