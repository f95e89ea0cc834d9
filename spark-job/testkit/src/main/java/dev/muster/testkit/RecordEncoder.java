package dev.muster.testkit;

import dev.muster.job.data.RecordLayout;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Rows in memory as records, by the rules of the job's encoder: integers become any number type,
 * fractions become fractions, and what does not fit is an error. Immutable.
 */
final class RecordEncoder {
  private final String dataset;
  private final RecordLayout layout;

  RecordEncoder(String dataset, RecordLayout layout) {
    this.dataset = dataset;
    this.layout = layout;
  }

  /** A value that its tensor cannot hold; the message goes on from the column's name. */
  private static final class ValueException extends Exception {
    private static final long serialVersionUID = 1L;

    ValueException(String message) {
      super(message);
    }
  }

  /**
   * A row's record.
   *
   * @param row as {@code MemorySource} has it
   * @param record its number, for messages
   * @throws TrialException naming column and record
   */
  byte[] encode(Map<String, @Nullable Object> row, int record) {
    ByteBuffer out = ByteBuffer.allocate(layout.stride()).order(ByteOrder.LITTLE_ENDIAN);
    for (RecordLayout.Field field : layout.fields()) {
      Column column = field.column();
      try {
        Object value = row.get(column.name());
        if (value == null) {
          throw new ValueException("is null or missing; the record has " + row.keySet());
        }
        put(value, field, out.position(field.offset()));
      } catch (ValueException e) {
        throw new TrialException(
            "Cannot encode record %d of the %s: column '%s' %s"
                .formatted(record, dataset, column.name(), e.getMessage()));
      }
    }
    return out.array();
  }

  private static void put(Object value, RecordLayout.Field field, ByteBuffer out)
      throws ValueException {
    Column column = field.column();
    boolean isArray = !(value instanceof byte[]) && value.getClass().isArray();
    if (value instanceof byte[] bytes && !column.isText()) {
      checkLength(bytes.length, column);
      if (field.bytes() != bytes.length) {
        throw new ValueException("is binary, expected " + column.type().getSimpleName());
      }
      out.put(bytes);
    } else if (isArray || value instanceof List) {
      int length = value instanceof List<?> list ? list.size() : Array.getLength(value);
      checkLength(length, column);
      for (int i = 0; i < length; i++) {
        element(value instanceof List<?> list ? list.get(i) : Array.get(value, i), column, out);
      }
    } else if (column.shape().numDimensions() == 0) {
      element(value, column, out);
    } else {
      throw new ValueException("is one value, expected an array of shape " + column.shape());
    }
  }

  private static void checkLength(int found, Column column) throws ValueException {
    if (column.shape().numDimensions() == 0) {
      throw new ValueException("is an array, expected one value");
    }
    if (found != column.elements()) {
      throw new ValueException("has " + found + " elements, expected " + column.elements());
    }
  }

  private static void element(Object value, Column column, ByteBuffer out) throws ValueException {
    Class<?> type = column.type();
    if (column.isText()) {
      text(value, column.maxBytes(), out);
    } else if (type == TBool.class) {
      out.put((byte) (as(Boolean.class, value, "a truth value") ? 1 : 0));
    } else if (type == TFloat32.class) {
      Number number = as(Number.class, value, "a number");
      out.putFloat(number instanceof Long whole ? (float) (long) whole : number.floatValue());
    } else if (type == TFloat64.class) {
      out.putDouble(as(Number.class, value, "a number").doubleValue());
    } else {
      integer(value, type, out);
    }
  }

  private static void integer(Object value, Class<?> type, ByteBuffer out) throws ValueException {
    if (!(value instanceof Long) && !(value instanceof Integer)) {
      throw new ValueException("is " + told(value) + ", expected an integer");
    }
    long whole = ((Number) value).longValue();
    if (type == TInt64.class) {
      out.putLong(whole);
    } else if (type == TInt32.class) {
      out.putInt((int) inRange(whole, Integer.MIN_VALUE, Integer.MAX_VALUE, "int32"));
    } else {
      out.put((byte) inRange(whole, 0, 255, "uint8"));
    }
  }

  private static void text(Object value, int maxBytes, ByteBuffer out) throws ValueException {
    byte[] text =
        value instanceof byte[] bytes
            ? bytes
            : as(String.class, value, "a text").getBytes(StandardCharsets.UTF_8);
    if (text.length > maxBytes) {
      throw new ValueException(
          "has a text of %d bytes, expected at most %d; give feature() or label() a larger maximum, or cut it in the source"
              .formatted(text.length, maxBytes));
    }
    out.putInt(text.length).put(text).position(out.position() + maxBytes - text.length);
  }

  private static <T> T as(Class<T> type, Object value, String expected) throws ValueException {
    if (!type.isInstance(value)) {
      throw new ValueException("is " + told(value) + ", expected " + expected);
    }
    return type.cast(value);
  }

  private static String told(Object value) {
    return value.getClass().getSimpleName().toLowerCase(Locale.ROOT) + " " + value;
  }

  private static long inRange(long value, long least, long most, String type)
      throws ValueException {
    if (value < least || value > most) {
      throw new ValueException("is " + value + ", which does not fit " + type);
    }
    return value;
  }
}
