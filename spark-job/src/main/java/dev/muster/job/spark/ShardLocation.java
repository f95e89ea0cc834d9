package dev.muster.job.spark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Where executors find an encoded data set. Immutable; crosses as the bytes of {@link #encode}.
 *
 * @param rddId the persisted RDD of chunks
 * @param records the records of the data set
 * @param logicalShards of its {@link dev.muster.job.data.GlobalOrder}
 * @param fingerprint of its {@link dev.muster.job.data.RecordLayout}
 * @param checksums the CRC-32C of each partition
 */
record ShardLocation(
    int rddId, long records, int logicalShards, String fingerprint, List<Long> checksums) {
  ShardLocation {
    checksums = List.copyOf(checksums);
  }

  /** P. */
  int partitions() {
    return checksums.size();
  }

  /** With other bytes in the same places. */
  ShardLocation with(List<Long> otherChecksums) {
    return new ShardLocation(rddId, records, logicalShards, fingerprint, otherChecksums);
  }

  byte[] encode() {
    byte[] text = fingerprint.getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer =
        ByteBuffer.allocate(4 + 8 + 4 + 4 + text.length + 4 + 4 * checksums.size())
            .putInt(rddId)
            .putLong(records)
            .putInt(logicalShards)
            .putInt(text.length)
            .put(text)
            .putInt(checksums.size());
    checksums.forEach(checksum -> buffer.putInt(checksum.intValue()));
    return buffer.array();
  }

  static ShardLocation decode(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int rddId = buffer.getInt();
    long records = buffer.getLong();
    int logicalShards = buffer.getInt();
    byte[] text = new byte[buffer.getInt()];
    buffer.get(text);
    int partitions = buffer.getInt();
    List<Long> checksums = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      checksums.add(Integer.toUnsignedLong(buffer.getInt()));
    }
    return new ShardLocation(
        rddId, records, logicalShards, new String(text, StandardCharsets.UTF_8), checksums);
  }
}
