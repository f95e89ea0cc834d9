package dev.muster.job.data;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/**
 * Where the bytes of each column stand in a record. All records of a data set have the same length,
 * the stride; columns follow each other as declared, without padding, elements in row-major order,
 * little-endian as TensorFlow has them in memory. A text is its length in bytes, an int, then the
 * bytes, then zeros up to the column's maximum. Immutable.
 */
public final class RecordLayout {
  /** The bytes before a text that hold its length. */
  public static final int TEXT_LENGTH_BYTES = Integer.BYTES;

  private static final Map<Class<? extends TType>, Integer> ELEMENT_BYTES =
      Map.of(
          TFloat32.class, 4,
          TFloat64.class, 8,
          TInt32.class, 4,
          TInt64.class, 8,
          TUint8.class, 1,
          TBool.class, 1);

  /**
   * The bytes of one column.
   *
   * @param column the column as declared
   * @param offset its first byte in the record
   * @param bytes its length in the record
   */
  public record Field(Column column, int offset, int bytes) {}

  private final List<Field> fields;
  private final int stride;
  private final String fingerprint;

  private RecordLayout(List<Field> fields, int stride) {
    this.fields = List.copyOf(fields);
    this.stride = stride;
    this.fingerprint = fingerprint(fields);
  }

  /**
   * The layout of these columns.
   *
   * @throws TrialException when there is none, a type is not supported, or a record is too long
   */
  public static RecordLayout of(List<Column> columns) {
    if (columns.isEmpty()) {
      throw new TrialException(
          "Cannot read a data set without columns: declare them with feature() and label()");
    }
    List<Field> fields = new ArrayList<>();
    long offset = 0;
    for (Column column : columns) {
      long bytes = bytes(column);
      if (offset + bytes > Integer.MAX_VALUE) {
        throw new TrialException(
            "Cannot read column '"
                + column.name()
                + "': a record may have 2147483647 bytes, with this column it has "
                + (offset + bytes));
      }
      fields.add(new Field(column, (int) offset, (int) bytes));
      offset += bytes;
    }
    if (offset == 0) {
      throw new TrialException("Cannot read a data set whose records have no elements");
    }
    return new RecordLayout(fields, (int) offset);
  }

  private static long bytes(Column column) {
    if (column.isText()) {
      return ((long) TEXT_LENGTH_BYTES + column.maxBytes()) * column.elements();
    }
    Integer elementBytes = ELEMENT_BYTES.get(column.type());
    if (elementBytes == null) {
      throw new TrialException(
          "Cannot read column '"
              + column.name()
              + "': type "
              + column.type().getSimpleName()
              + " is not supported yet; use TFloat32, TFloat64, TInt32, TInt64, TUint8, TBool or"
              + " TString");
    }
    return (long) elementBytes * column.elements();
  }

  private static String fingerprint(List<Field> fields) {
    StringBuilder text = new StringBuilder();
    for (Field field : fields) {
      Column column = field.column();
      text.append(column.name().length()).append(':').append(column.name());
      text.append(' ').append(column.type().getSimpleName()).append(column.shape());
      if (column.isText()) {
        text.append(' ').append(column.maxBytes());
      }
      text.append('\n');
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot hash a record layout: SHA-256 is missing", e);
    }
  }

  /** The columns in the order in which they were declared. */
  public List<Field> fields() {
    return fields;
  }

  /** The bytes of one record. */
  public int stride() {
    return stride;
  }

  /** Names, types and shapes in 32 hexadecimal digits: equal for equal layouts. */
  public String fingerprint() {
    return fingerprint;
  }
}
