package dev.muster.job.spark;

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
 * @param offset the column's first byte in the record
 */
record ShardColumn(
    String name, int ordinal, Form form, ShardType from, ShardType to, int elements, int offset)
    implements Serializable {
  /** What a value of a column is. */
  enum Form {
    NUMBER,
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
      case NUMBER -> from.convert(row, ordinal, to, out, at);
      case ARRAY -> encodeArray(row.getArray(ordinal), out, at);
      case BINARY -> {
        byte[] bytes = row.getBinary(ordinal);
        checkLength(bytes.length);
        out.put(at, bytes);
      }
    }
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
    if (from == to && from != ShardType.BOOL) {
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
      case INT8, UINT8, INT16, BOOL ->
          throw new IllegalStateException("Cannot copy an array of " + from);
    }
  }
}
