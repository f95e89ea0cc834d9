package dev.muster.job.spark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a task of an encoding says about its partition. A fault is an answer and no exception: Spark
 * repeats tasks that throw, up to {@code spark.task.maxFailures} times, which Muster sets high.
 *
 * @param partition the task's partition
 * @param count of rows read without fault, or of records encoded
 * @param bytes of the counted rows, encoded, or 0
 * @param checksum the CRC-32C of the encoded bytes, or 0
 * @param hashes of the partition's logical shards, in their order; none when rows were counted
 * @param fault empty when there is none
 * @param isRowFault whether the fault is in row {@code count} of the partition
 * @param disk of the executor that counted rows
 */
record ShardReport(
    int partition,
    long count,
    long bytes,
    long checksum,
    List<ShardHash> hashes,
    String fault,
    boolean isRowFault,
    HostDisk disk) {
  private static final int HEADER_BYTES = 33;

  ShardReport {
    hashes = List.copyOf(hashes);
  }

  /** Rows were read without a fault. */
  static ShardReport counted(int partition, long count, long bytes, HostDisk disk) {
    return new ShardReport(partition, count, bytes, 0, List.of(), "", false, disk);
  }

  /** Records were stored. */
  static ShardReport stored(int partition, long count, long checksum, List<ShardHash> hashes) {
    return new ShardReport(partition, count, 0, checksum, hashes, "", false, HostDisk.UNKNOWN);
  }

  /** Of the rows of a partition, {@code count} were read, then there was a fault. */
  static ShardReport faulty(int partition, long count, String fault, boolean isRowFault) {
    return new ShardReport(partition, count, 0, 0, List.of(), fault, isRowFault, HostDisk.UNKNOWN);
  }

  byte[] encode() {
    byte[] text = fault.getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer =
        ByteBuffer.allocate(
                HEADER_BYTES + hashes.size() * ShardHash.BYTES + disk.encodedBytes() + text.length)
            .putInt(partition)
            .putLong(count)
            .putLong(bytes)
            .putLong(checksum)
            .put((byte) (isRowFault ? 1 : 0))
            .putInt(hashes.size());
    hashes.forEach(hash -> hash.write(buffer));
    disk.write(buffer);
    return buffer.put(text).array();
  }

  static ShardReport decode(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int partition = buffer.getInt();
    long count = buffer.getLong();
    long bytesOfRecords = buffer.getLong();
    long checksum = buffer.getLong();
    boolean isRowFault = buffer.get() != 0;
    List<ShardHash> hashes = ShardHash.read(buffer, buffer.getInt());
    HostDisk disk = HostDisk.read(buffer);
    String fault = StandardCharsets.UTF_8.decode(buffer).toString();
    return new ShardReport(
        partition, count, bytesOfRecords, checksum, hashes, fault, isRowFault, disk);
  }
}
