package dev.muster.job.data;

import dev.muster.trial.data.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A data set for tests: record i has the label i and the features i, i + 0.25. */
final class Records {
  static final RecordLayout LAYOUT =
      RecordLayout.of(
          List.of(
              new Column("x", Column.Role.FEATURE, TFloat32.class, Shape.of(2)),
              new Column("y", Column.Role.LABEL, TInt64.class, Shape.scalar())));

  private Records() {}

  static byte[] partition(long records, int partitions, int partition) {
    int count = (int) RecordStore.partitionRecords(records, partitions, partition);
    ByteBuffer bytes = ByteBuffer.allocate(count * LAYOUT.stride()).order(ByteOrder.LITTLE_ENDIAN);
    for (long record = partition; record < records; record += partitions) {
      bytes.putFloat(record).putFloat(record + 0.25f).putLong(record);
    }
    return bytes.array();
  }

  static long checksum(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return checksum.getValue();
  }

  /** The partitions of one slot. */
  static RecordStore store(Path parent, long records, int partitions, int rank, int size) {
    RecordStore store = RecordStore.create(parent, LAYOUT, records, partitions);
    for (int partition : RecordStore.partitionsOf(rank, size, partitions).toArray()) {
      byte[] bytes = partition(records, partitions, partition);
      List<byte[]> chunks = new ArrayList<>();
      for (int at = 0; at < bytes.length; at += 3 * LAYOUT.stride()) {
        chunks.add(
            java.util.Arrays.copyOfRange(
                bytes, at, Math.min(bytes.length, at + 3 * LAYOUT.stride())));
      }
      store.write(partition, chunks.iterator(), checksum(bytes));
    }
    return store;
  }
}
