package dev.muster.job.spark;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The SHA-256 of the records of a logical shard, one after the other as they are stored: equal for
 * equal data, whatever the number of partitions and slots. Immutable.
 *
 * @param first the first 8 bytes, big-endian, and so on
 */
record ShardHash(long first, long second, long third, long fourth) {
  static final int BYTES = 32;

  /** An empty digest. */
  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot hash records: SHA-256 is missing", e);
    }
  }

  /** The hash of what the digest was given, which is empty again then. */
  static ShardHash of(MessageDigest digest) {
    return read(ByteBuffer.wrap(digest.digest()));
  }

  /** The inverse of {@link #toString}. */
  static ShardHash parse(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("Cannot read '" + hex + "' as a SHA-256");
    }
    return read(ByteBuffer.wrap(bytes));
  }

  private static ShardHash read(ByteBuffer buffer) {
    return new ShardHash(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
  }

  static List<ShardHash> read(ByteBuffer buffer, int count) {
    List<ShardHash> hashes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      hashes.add(read(buffer));
    }
    return hashes;
  }

  void write(ByteBuffer buffer) {
    buffer.putLong(first).putLong(second).putLong(third).putLong(fourth);
  }

  /** In 64 hexadecimal digits. */
  @Override
  public String toString() {
    ByteBuffer buffer = ByteBuffer.allocate(BYTES);
    write(buffer);
    return HexFormat.of().formatHex(buffer.array());
  }
}
