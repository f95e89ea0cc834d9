package dev.muster.job.spark;

import dev.muster.job.data.RecordOutput;
import dev.muster.trial.data.Column;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.jspecify.annotations.Nullable;

/**
 * How a column of the rows becomes bytes of a record. Immutable; travels to the tasks.
 *
 * @param name the column's name
 * @param ordinal its place in the rows
 * @param form what a value of it is
 * @param elements of a value, and of the tensor
 * @param shape of one record; -1 for a dimension that varies
 * @param isFixed whether all records have as many bytes of it
 * @param isSparse whether its entries alone are stored
 * @param offset the column's first byte in the stride
 */
record ShardColumn(
    String name,
    int ordinal,
    Form form,
    ShardElements elements,
    List<Integer> shape,
    boolean isFixed,
    boolean isSparse,
    int offset)
    implements Serializable {
  /** What a value of a column is. */
  enum Form {
    SINGLE,
    /** An array of elements. */
    ARRAY,
    /** Arrays in arrays, as many as the shape has dimensions. */
    NESTED,
    BINARY,
    /** A list with one element, which is binary. */
    LISTED_BINARY,
    /** A vector of Spark ML. */
    VECTOR
  }

  /** How a declared column is encoded. */
  static ShardColumn of(Column column, int ordinal, Form form, ShardElements elements, int offset) {
    return new ShardColumn(
        column.name(),
        ordinal,
        form,
        elements,
        Arrays.stream(column.shape().asArray()).mapToObj(size -> (int) size).toList(),
        column.isFixed(),
        column.isSparse(),
        offset);
  }

  /**
   * Writes the row's value into a record.
   *
   * @throws ShardValueException when the value is null, too long, too short or out of range
   */
  void encode(InternalRow row, RecordOutput out) throws ShardValueException {
    if (row.isNullAt(ordinal)) {
      encodeNull(out);
      return;
    }
    switch (form) {
      case SINGLE -> {
        begin(out, 1);
        elements.write(row, ordinal, out);
      }
      case BINARY -> encodeBinary(row.getBinary(ordinal), out);
      case LISTED_BINARY -> {
        ArrayData list = row.getArray(ordinal);
        if (list.numElements() != 1 || list.isNullAt(0)) {
          throw new ShardValueException(
              "has %d byte strings, expected 1".formatted(list.numElements()));
        }
        encodeBinary(list.getBinary(0), out);
      }
      case ARRAY -> encodeArray(row.getArray(ordinal), out);
      case NESTED -> encodeNested(row.getArray(ordinal), out);
      case VECTOR -> encodeVector(ShardVector.of(row, ordinal), out);
    }
  }

  private void encodeNull(RecordOutput out) throws ShardValueException {
    if (!elements.hasDefault()) {
      throw new ShardValueException(
          "is null; fill or drop nulls in the source, or give defaultValue()");
    }
    if (isSparse) {
      entries(out, 0, 0);
      return;
    }
    int[] dimensions = shape.stream().mapToInt(size -> Math.max(0, size)).toArray();
    int count = begin(out, dimensions);
    for (int i = 0; i < count; i++) {
      elements.writeDefault(out);
    }
  }

  private void encodeBinary(byte[] bytes, RecordOutput out) throws ShardValueException {
    checkLength(bytes.length);
    begin(out, bytes.length);
    out.buffer().put(bytes);
  }

  private void encodeArray(ArrayData array, RecordOutput out) throws ShardValueException {
    int length = array.numElements();
    if (isSparse) {
      checkSize(length);
      entries(out, length, length);
      for (int i = 0; i < length; i++) {
        out.buffer().putInt(i);
      }
      begin(out, length);
    } else if (shape.contains(-1)) {
      begin(out, new int[] {length}); // one dimension: others are NESTED
    } else {
      checkLength(length);
      begin(out, length);
    }
    elements.writeAll(array, out);
  }

  private void encodeNested(ArrayData array, RecordOutput out) throws ShardValueException {
    int[] dimensions = shape.stream().mapToInt(size -> Math.max(0, size)).toArray();
    measure(array, 0, dimensions);
    begin(out, dimensions);
    writeNested(array, 0, dimensions, out);
  }

  private void measure(ArrayData array, int depth, int[] dimensions) throws ShardValueException {
    int length = array.numElements();
    if (shape.get(depth) >= 0 && length != shape.get(depth)) {
      throw new ShardValueException(
          "has %d elements in dimension %d, expected %d"
              .formatted(length, depth, shape.get(depth)));
    }
    dimensions[depth] = Math.max(dimensions[depth], length);
    for (int i = 0; depth + 1 < dimensions.length && i < length; i++) {
      if (array.isNullAt(i)) {
        throw new ShardValueException("has null as array %d of dimension %d".formatted(i, depth));
      }
      measure(array.getArray(i), depth + 1, dimensions);
    }
  }

  /** Writes an array, or the padding that stands for one that is not there. */
  private void writeNested(@Nullable ArrayData array, int depth, int[] dimensions, RecordOutput out)
      throws ShardValueException {
    int length = array == null ? 0 : array.numElements();
    boolean isLast = depth + 1 == dimensions.length;
    if (isLast && array != null) {
      elements.writeAll(array, out);
    }
    for (int i = isLast ? length : 0; i < dimensions[depth]; i++) {
      if (isLast) {
        elements.writePadding(out);
      } else {
        writeNested(
            array == null || i >= length ? null : array.getArray(i), depth + 1, dimensions, out);
      }
    }
  }

  private void encodeVector(ShardVector vector, RecordOutput out) throws ShardValueException {
    if (isSparse) {
      checkSize(vector.size());
      int count = vector.entries();
      entries(out, count, vector.size());
      vector.writePositions(out.buffer());
      begin(out, count);
      vector.writeEntries(elements, out);
    } else {
      if (isFixed) {
        checkLength(vector.size());
      }
      begin(out, shape.contains(-1) ? new int[] {vector.size()} : new int[] {shape.get(0)});
      vector.writeAll(elements, out);
    }
  }

  /** Makes room for so many elements of these dimensions, and says how many they are. */
  private int begin(RecordOutput out, int[] dimensions) throws ShardValueException {
    int at = out.at(offset);
    long count = 1;
    for (int d = 0; d < dimensions.length; d++) {
      if (shape.get(d) < 0) {
        out.buffer().putInt(at, dimensions[d]);
        at += Integer.BYTES;
      }
      count *= dimensions[d];
    }
    begin(out, count);
    return (int) count;
  }

  /** The buffer stands where the first number goes; texts find their places themselves. */
  private void begin(RecordOutput out, long count) throws ShardValueException {
    if (isFixed) {
      out.buffer().position(out.at(offset));
    } else if (!elements.isText()) {
      tail(out, count * elements.bytes());
    }
  }

  /** The buffer stands where the positions of the entries go. */
  private void entries(RecordOutput out, int count, int size) throws ShardValueException {
    out.buffer().putInt(out.at(offset), count);
    if (shape.get(0) < 0) {
      out.buffer().putInt(out.at(offset) + Integer.BYTES, size);
    }
    tail(out, (long) count * Integer.BYTES);
  }

  private static void tail(RecordOutput out, long bytes) throws ShardValueException {
    try {
      out.tail(bytes);
    } catch (IllegalArgumentException e) {
      throw new ShardValueException(String.valueOf(e.getMessage()));
    }
  }

  private void checkSize(int found) throws ShardValueException {
    if (shape.get(0) >= 0 && found != shape.get(0)) {
      throw new ShardValueException("has %d elements, expected %d".formatted(found, shape.get(0)));
    }
  }

  private void checkLength(int found) throws ShardValueException {
    int expected = 1;
    for (int size : shape) {
      expected *= size;
    }
    if (found != expected) {
      throw new ShardValueException("has " + found + " elements, expected " + expected);
    }
  }
}
