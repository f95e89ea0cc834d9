package dev.muster.job.data;

import java.io.Serializable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How records stand one after the other: what tasks need of a {@link RecordLayout} to find them.
 *
 * @param stride the bytes of a record, or of the part of it that all have
 * @param isFixed whether all records have as many bytes; otherwise each has its length before it
 */
public record RecordFrame(int stride, boolean isFixed) implements Serializable {
  /** Reads ints of a record. */
  static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * The bytes of the record at this place, its length with it.
   *
   * @param bytes whole records, one after the other
   * @throws IllegalArgumentException when no whole record begins there
   */
  public int recordBytes(byte[] bytes, int at) {
    if (isFixed) {
      return stride;
    }
    if (bytes.length - at < RecordLayout.INT) {
      throw new IllegalArgumentException("Cannot read a record: its length is cut off");
    }
    int found = (int) INTS.get(bytes, at);
    if (found < stride || found > bytes.length - at - RecordLayout.INT) {
      throw new IllegalArgumentException(
          "Cannot read a record: expected "
              + stride
              + " to "
              + (bytes.length - at - RecordLayout.INT)
              + " bytes, its length is "
              + found);
    }
    return found + RecordLayout.INT;
  }
}
