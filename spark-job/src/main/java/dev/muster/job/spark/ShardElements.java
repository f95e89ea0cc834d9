package dev.muster.job.spark;

import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordOutput;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.jspecify.annotations.Nullable;

/**
 * How the elements of a column are written, one after the other: numbers where the output's buffer
 * stands, texts at the end of the record. Immutable; travels to the tasks.
 *
 * @param from the type of the column's elements
 * @param to the type of the tensor's elements
 * @param areNullable whether an element in an array may be null
 * @param padding a Number, Boolean or String; null for 0, false and the empty text
 * @param defaultValue what stands for null; null where null is an error
 */
record ShardElements(
    ShardType from,
    ShardType to,
    boolean areNullable,
    @Nullable Object padding,
    @Nullable Object defaultValue)
    implements Serializable {
  boolean isText() {
    return to == ShardType.TEXT;
  }

  /** The bytes of a number. */
  int bytes() {
    return to.bytes();
  }

  boolean hasDefault() {
    return defaultValue != null;
  }

  /** Writes an element that is not null. */
  void write(SpecializedGetters source, int place, RecordOutput out) throws ShardValueException {
    if (isText()) {
      text(from.text(source, place), out);
    } else {
      from.convert(source, place, to, out.buffer());
    }
  }

  /** Writes a number. */
  void write(double number, RecordOutput out) {
    to.putFraction(number, out.buffer());
  }

  void writeDefault(RecordOutput out) throws ShardValueException {
    writeConstant(defaultValue, out);
  }

  void writePadding(RecordOutput out) throws ShardValueException {
    writeConstant(padding, out);
  }

  private void writeConstant(@Nullable Object value, RecordOutput out) throws ShardValueException {
    if (isText()) {
      text((value == null ? "" : (String) value).getBytes(StandardCharsets.UTF_8), out);
    } else if (to == ShardType.BOOL) {
      out.buffer().put((byte) (Boolean.TRUE.equals(value) ? 1 : 0));
    } else if (to.isFraction()) {
      to.putFraction(value == null ? 0 : ((Number) value).doubleValue(), out.buffer());
    } else {
      to.putInteger(value == null ? 0 : ((Number) value).longValue(), out.buffer());
    }
  }

  private static void text(byte[] text, RecordOutput out) throws ShardValueException {
    try {
      out.tail((long) RecordLayout.TEXT_LENGTH_BYTES + text.length).putInt(text.length).put(text);
    } catch (IllegalArgumentException e) {
      throw new ShardValueException(String.valueOf(e.getMessage()));
    }
  }

  /** Writes all elements of an array; in one copy, where nothing is converted. */
  void writeAll(ArrayData array, RecordOutput out) throws ShardValueException {
    int length = array.numElements();
    boolean hasNull = areNullable && hasNull(array, length);
    if (from == to && from.isCopiedWhole() && !hasNull) {
      copyWhole(array, out.buffer());
      return;
    }
    for (int i = 0; i < length; i++) {
      if (hasNull && array.isNullAt(i)) {
        writeDefault(out);
      } else {
        write(array, i, out);
      }
    }
  }

  private boolean hasNull(ArrayData array, int length) throws ShardValueException {
    for (int i = 0; i < length; i++) {
      if (array.isNullAt(i)) {
        if (!hasDefault()) {
          throw new ShardValueException("has null as element " + i);
        }
        return true;
      }
    }
    return false;
  }

  private void copyWhole(ArrayData array, ByteBuffer out) {
    int end = out.position() + array.numElements() * to.bytes();
    switch (from) {
      case INT32 -> out.asIntBuffer().put(array.toIntArray());
      case INT64 -> out.asLongBuffer().put(array.toLongArray());
      case FLOAT32 -> out.asFloatBuffer().put(array.toFloatArray());
      case FLOAT64 -> out.asDoubleBuffer().put(array.toDoubleArray());
      case INT8, UINT8, INT16, BOOL, TEXT, BYTES ->
          throw new IllegalStateException("Cannot copy an array of " + from);
    }
    out.position(end);
  }
}
