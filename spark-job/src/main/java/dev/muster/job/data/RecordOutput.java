package dev.muster.job.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Where a record is written: the stride's bytes by their offsets, then, where lengths vary, the
 * tail. Used again and again; confined to one thread.
 */
public final class RecordOutput {
  private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

  private final int stride;
  private final boolean isFixed;
  private ByteBuffer buffer;
  private int record;
  private int end;

  /** An output for one record at a time, in memory of its own. */
  public RecordOutput(RecordFrame frame) {
    this.stride = frame.stride();
    this.isFixed = frame.isFixed();
    this.buffer = view(new byte[isFixed ? stride : Math.max(256, 2 * stride)]);
  }

  private static ByteBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Begins a record in the output's own memory, its stride all zeros. */
  public void begin() {
    record = isFixed ? 0 : RecordLayout.INT;
    end = record + stride;
    Arrays.fill(buffer.array(), 0, end, (byte) 0);
  }

  /** Begins a record of fixed length in other memory; what is there stays where nothing is put. */
  public void begin(ByteBuffer other, int at) {
    buffer = other;
    record = at;
    end = at + stride;
  }

  /** The memory of the stride, little-endian. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** The place of a byte of the stride in the {@link #buffer}. */
  public int at(int offset) {
    return record + offset;
  }

  /**
   * Appends bytes to the tail.
   *
   * @return the {@link #buffer}, at the first of them; what is there is to be written over
   * @throws IllegalArgumentException when the record becomes too long
   */
  public ByteBuffer tail(long bytes) {
    if (end + bytes > MOST_BYTES) {
      throw new IllegalArgumentException(
          "makes the record longer than 2 GB: " + (end + bytes) + " bytes");
    }
    int start = end;
    end += (int) bytes;
    if (end > buffer.capacity()) {
      int more = (int) Math.min(MOST_BYTES, 2L * end);
      buffer = view(Arrays.copyOf(buffer.array(), more));
    }
    return buffer.position(start);
  }

  /** The whole record, its length before it where lengths vary: the first bytes of the array. */
  public byte[] array() {
    if (!isFixed) {
      buffer.putInt(0, end - RecordLayout.INT);
    }
    return buffer.array();
  }

  /** The bytes of the whole record. */
  public int length() {
    return isFixed ? stride : end;
  }
}
