package dev.muster.job.spark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a task of an encoding says about its partition. A fault is an answer and no exception: Spark
 * repeats tasks that throw, up to {@code spark.task.maxFailures} times, which Muster sets high.
 *
 * @param partition the task's partition
 * @param count of rows read without fault, or of records encoded
 * @param checksum the CRC-32C of the encoded bytes, or 0
 * @param fault empty when there is none
 * @param isRowFault whether the fault is in row {@code count} of the partition
 */
record ShardReport(int partition, long count, long checksum, String fault, boolean isRowFault) {
  private static final int HEADER_BYTES = 21;

  static ShardReport good(int partition, long count, long checksum) {
    return new ShardReport(partition, count, checksum, "", false);
  }

  byte[] encode() {
    byte[] text = fault.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(HEADER_BYTES + text.length)
        .putInt(partition)
        .putLong(count)
        .putLong(checksum)
        .put((byte) (isRowFault ? 1 : 0))
        .put(text)
        .array();
  }

  static ShardReport decode(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new ShardReport(
        buffer.getInt(),
        buffer.getLong(),
        buffer.getLong(),
        new String(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, StandardCharsets.UTF_8),
        bytes[HEADER_BYTES - 1] != 0);
  }
}
