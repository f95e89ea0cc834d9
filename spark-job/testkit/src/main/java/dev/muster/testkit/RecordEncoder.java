package dev.muster.testkit;

import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordOutput;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
    RecordOutput out = new RecordOutput(layout.frame());
    out.begin();
    for (RecordLayout.Field field : layout.fields()) {
      Column column = field.column();
      try {
        put(row.get(column.name()), row, field, out);
      } catch (ValueException e) {
        throw new TrialException(
            "Cannot encode record %d of the %s: column '%s' %s"
                .formatted(record, dataset, column.name(), e.getMessage()));
      }
    }
    return Arrays.copyOf(out.array(), out.length());
  }

  private static void put(
      @Nullable Object value,
      Map<String, @Nullable Object> row,
      RecordLayout.Field field,
      RecordOutput out)
      throws ValueException {
    Column column = field.column();
    boolean isScalar = column.shape().numDimensions() == 0;
    if (value == null && column.defaultValue() == null) {
      throw new ValueException("is null or missing; the record has " + row.keySet());
    }
    if (value instanceof byte[] bytes && !column.isText()) {
      checkLength(bytes.length, column);
      if (field.bytes() != bytes.length) {
        throw new ValueException("is binary, expected " + column.type().getSimpleName());
      }
      out.buffer().position(out.at(field.offset())).put(bytes);
      return;
    }
    boolean isArray =
        value instanceof List
            || (value != null && !(value instanceof byte[]) && value.getClass().isArray());
    if (value != null && isArray == isScalar) {
      throw new ValueException(
          isArray
              ? "is an array, expected one value"
              : "is one value, expected an array of shape " + column.shape());
    }
    List<Object> elements =
        value == null
            ? Collections.nCopies(
                column.isSparse() || column.shape().hasUnknownDimension() ? 0 : column.elements(),
                column.defaultValue())
            : isArray ? elements(value) : List.of(value);
    putAll(elements, field, out);
  }

  private static List<Object> elements(Object value) {
    if (value instanceof List<?> list) {
      return List.copyOf(list);
    }
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < Array.getLength(value); i++) {
      elements.add(Array.get(value, i));
    }
    return elements;
  }

  private static void putAll(List<Object> elements, RecordLayout.Field field, RecordOutput out)
      throws ValueException {
    Column column = field.column();
    int count = elements.size();
    long declared = column.shape().numDimensions() == 0 ? 1 : column.shape().get(0);
    ByteBuffer stride = out.buffer();
    if (column.isSparse()) {
      stride.putInt(out.at(field.offset()), count);
      if (declared < 0) {
        stride.putInt(out.at(field.offset()) + Integer.BYTES, count);
      } else if (count != declared) {
        throw new ValueException("has " + count + " elements, expected " + declared);
      }
      ByteBuffer positions = out.tail((long) count * Integer.BYTES);
      for (int i = 0; i < count; i++) {
        positions.putInt(i);
      }
    } else if (column.shape().hasUnknownDimension()) {
      if (column.shape().numDimensions() > 1) {
        throw new ValueException(
            "has a shape of several dimensions that vary, which rows in memory cannot have; read it"
                + " from files");
      }
      stride.putInt(out.at(field.offset()), count);
    } else if (column.shape().numDimensions() > 0) {
      checkLength(count, column);
    }
    if (column.isFixed()) {
      out.buffer().position(out.at(field.offset()));
    } else if (!column.isText()) {
      out.tail((long) count * field.elementBytes());
    }
    for (Object element : elements) {
      if (column.isText()) {
        text(element, out);
      } else {
        element(element, column, out.buffer());
      }
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
    if (type == TBool.class) {
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

  private static void text(Object value, RecordOutput out) throws ValueException {
    byte[] text =
        value instanceof byte[] bytes
            ? bytes
            : as(String.class, value, "a text").getBytes(StandardCharsets.UTF_8);
    out.tail((long) Integer.BYTES + text.length).putInt(text.length).put(text);
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
