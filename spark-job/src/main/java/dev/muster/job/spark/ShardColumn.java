package dev.muster.job.spark;

import dev.muster.job.data.RecordLayout;
import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;

/**
 * How a column of the rows becomes bytes of a record. Immutable; travels to the tasks.
 *
 * @param name the column's name
 * @param ordinal its place in the rows
 * @param form what a value of it is
 * @param from the type of its elements
 * @param to the type of the tensor's elements
 * @param elements the elements of one record
 * @param maxBytes the most bytes of one text; 0 when the elements are no texts
 * @param offset the column's first byte in the record
 */
record ShardColumn(
    String name,
    int ordinal,
    Form form,
    ShardType from,
    ShardType to,
    int elements,
    int maxBytes,
    int offset)
    implements Serializable {
  /** What a value of a column is. */
  enum Form {
    SINGLE,
    ARRAY,
    BINARY
  }

  /**
   * Writes the row's value into the record that begins at {@code record}.
   *
   * @param out little-endian
   * @throws ShardValueException when the value is null, too long, too short or out of range
   */
  void encode(InternalRow row, ByteBuffer out, int record) throws ShardValueException {
    if (row.isNullAt(ordinal)) {
      throw new ShardValueException("is null; fill or drop nulls in the source");
    }
    int at = record + offset;
    switch (form) {
      case SINGLE -> {
        if (to == ShardType.TEXT) {
          putText(from.text(row, ordinal), out, at);
        } else {
          from.convert(row, ordinal, to, out, at);
        }
      }
      case ARRAY -> encodeArray(row.getArray(ordinal), out, at);
      case BINARY -> {
        byte[] bytes = row.getBinary(ordinal);
        checkLength(bytes.length);
        out.put(at, bytes);
      }
    }
  }

  /** The length, the bytes, then zeros: what stood there before must not come through. */
  private void putText(byte[] text, ByteBuffer out, int at) throws ShardValueException {
    if (text.length > maxBytes) {
      throw new ShardValueException(
          "has a text of %d bytes, expected at most %d; give feature() or label() a larger maximum, or cut it in the source"
              .formatted(text.length, maxBytes));
    }
    out.putInt(at, text.length);
    out.put(at + RecordLayout.TEXT_LENGTH_BYTES, text);
    byte[] zeros = new byte[maxBytes - text.length];
    out.put(at + RecordLayout.TEXT_LENGTH_BYTES + text.length, zeros);
  }

  private void checkLength(int found) throws ShardValueException {
    if (found != elements) {
      throw new ShardValueException("has " + found + " elements, expected " + elements);
    }
  }

  private void encodeArray(ArrayData array, ByteBuffer out, int at) throws ShardValueException {
    checkLength(array.numElements());
    for (int i = 0; i < elements; i++) {
      if (array.isNullAt(i)) {
        throw new ShardValueException("has null as element " + i);
      }
    }
    if (to == ShardType.TEXT) {
      for (int i = 0; i < elements; i++) {
        putText(from.text(array, i), out, at + i * (RecordLayout.TEXT_LENGTH_BYTES + maxBytes));
      }
    } else if (from == to && from != ShardType.BOOL) {
      copyWhole(array, out.position(at));
    } else {
      for (int i = 0; i < elements; i++) {
        from.convert(array, i, to, out, at + i * to.bytes());
      }
    }
  }

  private void copyWhole(ArrayData array, ByteBuffer out) {
    switch (from) {
      case INT32 -> out.asIntBuffer().put(array.toIntArray());
      case INT64 -> out.asLongBuffer().put(array.toLongArray());
      case FLOAT32 -> out.asFloatBuffer().put(array.toFloatArray());
      case FLOAT64 -> out.asDoubleBuffer().put(array.toDoubleArray());
      case INT8, UINT8, INT16, BOOL, TEXT, BYTES ->
          throw new IllegalStateException("Cannot copy an array of " + from);
    }
  }
}
