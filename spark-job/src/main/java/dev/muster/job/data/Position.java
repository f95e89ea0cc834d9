package dev.muster.job.data;

import java.nio.ByteBuffer;

/**
 * A place in the endless sequence of passes over a data set, the same for all slots.
 *
 * @param epoch the pass, from 0
 * @param next the position within the pass of the first record that no batch has had yet
 */
public record Position(long epoch, long next) {
  /** The length of {@link #encode}. */
  public static final int BYTES = 16;

  /** The beginning. */
  public static final Position START = new Position(0, 0);

  /** Checks that both numbers are not negative. */
  public Position {
    if (epoch < 0 || next < 0) {
      throw new IllegalArgumentException(
          "Cannot stand at epoch " + epoch + ", record " + next + ": a number is negative");
    }
  }

  /** Both numbers as big-endian longs. */
  public byte[] encode() {
    return ByteBuffer.allocate(BYTES).putLong(epoch).putLong(next).array();
  }

  /** The inverse of {@link #encode}. */
  public static Position decode(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "Cannot read a data position: expected " + BYTES + " bytes, found " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Position(buffer.getLong(), buffer.getLong());
  }
}
