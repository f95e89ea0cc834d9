package dev.muster.job.spark;

import java.nio.ByteBuffer;

/**
 * Where a block of records belongs.
 *
 * @param bucket the partition, below 2^23
 * @param first the place of its first record in the partition, below 2^40
 */
record ShardKey(int bucket, long first) {
  static final int BYTES = 8;

  private static final int FIRST_BITS = 40;
  private static final long FIRST_MASK = (1L << FIRST_BITS) - 1;

  /** Marks a block that holds a message and no records; sorts last in its partition. */
  static final ShardKey FAULT = new ShardKey(0, FIRST_MASK);

  /** A number that sorts by bucket, then by place. */
  long packed() {
    return ((long) bucket << FIRST_BITS) | first;
  }

  static ShardKey unpack(long packed) {
    return new ShardKey((int) (packed >>> FIRST_BITS), packed & FIRST_MASK);
  }

  /** Puts the key in front of a block. */
  void write(byte[] block) {
    ByteBuffer.wrap(block).putLong(0, packed());
  }

  static ShardKey read(byte[] block) {
    return unpack(ByteBuffer.wrap(block).getLong(0));
  }
}
