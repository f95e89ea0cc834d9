package dev.muster.job.spark;

import dev.muster.job.data.RecordFrame;
import dev.muster.job.data.RecordOutput;
import dev.muster.job.data.RecordStore;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * What the tasks of an encoding need to know. Immutable; travels to the tasks.
 *
 * @param columns in the order of the rows
 * @param frame of the records
 * @param starts the number of the first record of each source partition, then the count of all
 * @param partitions P: record i goes to partition i mod P
 */
record ShardPlan(List<ShardColumn> columns, RecordFrame frame, List<Long> starts, int partitions)
    implements Serializable {
  /** What the open blocks of a task may hold together. */
  private static final int OPEN_BYTES = 32 << 20;

  private static final int BLOCK_BYTES = 256 << 10;
  private static final int CHUNK_BYTES = 4 << 20;

  /** The count of all records. */
  long records() {
    return starts.get(starts.size() - 1);
  }

  /** The records of one partition. */
  long partitionRecords(int partition) {
    return RecordStore.partitionRecords(records(), partitions, partition);
  }

  /** The bytes of records that travel together through the shuffle; one record may have more. */
  int blockBytes() {
    return Math.min(BLOCK_BYTES, OPEN_BYTES / partitions);
  }

  /** The bytes of an element of the persisted RDD; one record may have more. */
  int chunkBytes() {
    return CHUNK_BYTES;
  }

  /** An output for one record after the other. */
  RecordOutput output() {
    return new RecordOutput(frame);
  }

  /** Writes a row as a record, which the output has begun. */
  void encode(InternalRow row, RecordOutput out) throws ShardValueException {
    for (ShardColumn column : columns) {
      try {
        column.encode(row, out);
      } catch (ShardValueException e) {
        throw new ShardValueException("column '" + column.name() + "' " + e.getMessage());
      }
    }
  }

  /** A little-endian view of an array. */
  static ByteBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
