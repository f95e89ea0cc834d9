package dev.muster.job.data;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/**
 * Where the bytes of each column stand in a record. All numbers are little-endian, as TensorFlow
 * has them in memory, elements in row-major order. Immutable.
 *
 * <p>Where all columns are fixed, so are the records: the columns follow each other as declared,
 * without padding, and all records have the same length, the stride.
 *
 * <p>Otherwise a record is its length after these four bytes, an int; then the stride's bytes, in
 * which a fixed column has its elements, and another column an int for each dimension that is not
 * known (after an int for the number of its entries, if it is sparse); then, column by column, what
 * is not fixed: the elements of a dense column; the positions of a sparse one, ints, and its
 * elements. A text is its length in bytes, an int, then the bytes.
 */
public final class RecordLayout {
  /** The bytes before a text that hold its length. */
  public static final int TEXT_LENGTH_BYTES = Integer.BYTES;

  /** The bytes of a length, a count or a position. */
  static final int INT = Integer.BYTES;

  private static final Map<Class<? extends TType>, Integer> ELEMENT_BYTES =
      Map.of(
          TFloat32.class, 4,
          TFloat64.class, 8,
          TInt32.class, 4,
          TInt64.class, 8,
          TUint8.class, 1,
          TBool.class, 1);

  /**
   * The bytes of one column in the stride.
   *
   * @param column the column as declared
   * @param offset its first byte
   * @param bytes their number
   */
  public record Field(Column column, int offset, int bytes) {
    /** The bytes of an element that is no text. */
    public int elementBytes() {
      return ELEMENT_BYTES.getOrDefault(column.type(), 0);
    }
  }

  private final List<Field> fields;
  private final int stride;
  private final boolean isFixed;
  private final String fingerprint;

  private RecordLayout(List<Field> fields, int stride) {
    this.fields = List.copyOf(fields);
    this.stride = stride;
    this.isFixed = fields.stream().allMatch(field -> field.column().isFixed());
    this.fingerprint = fingerprint(fields);
  }

  /**
   * The layout of these columns.
   *
   * @throws TrialException when there is none, or a record is too long
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
    RecordLayout layout = new RecordLayout(fields, (int) offset);
    if (layout.isFixed && offset == 0) {
      throw new TrialException("Cannot read a data set whose records have no elements");
    }
    return layout;
  }

  private static long bytes(Column column) {
    if (column.isFixed()) {
      return (long) ELEMENT_BYTES.getOrDefault(column.type(), 0) * column.elements();
    }
    return INT * ((column.isSparse() ? 1 : 0) + unknown(column.shape()));
  }

  private static long unknown(Shape shape) {
    return Arrays.stream(shape.asArray()).filter(size -> size < 0).count();
  }

  private static String fingerprint(List<Field> fields) {
    StringBuilder text = new StringBuilder();
    for (Field field : fields) {
      Column column = field.column();
      text.append(column.name().length()).append(':').append(column.name());
      text.append(' ').append(column.type().getSimpleName()).append(column.shape());
      if (column.isSparse()) {
        text.append(" sparse");
      }
      if (column.padding() != null && column.shape().numDimensions() > 1) {
        text.append(" padding ").append(column.padding()); // of inner arrays, in the records
      }
      if (column.defaultValue() != null) {
        text.append(" default ").append(column.defaultValue());
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

  /** Whether all records have as many bytes, the {@link #stride}. */
  public boolean isFixed() {
    return isFixed;
  }

  /** The bytes of one record, or of the part of it that all records have. */
  public int stride() {
    return stride;
  }

  /**
   * A record of zeros and empty texts, without entries, one element long in each dimension that
   * varies: what a slot without records feeds, and what stands for records nobody has read.
   */
  public byte[] standIn() {
    RecordOutput out = new RecordOutput(frame());
    out.begin();
    for (Field field : fields) {
      Column column = field.column();
      if (!column.isFixed() && !column.isSparse()) {
        int at = out.at(field.offset());
        int count = 1;
        for (long size : column.shape().asArray()) {
          if (size < 0) {
            out.buffer().putInt(at, 1);
            at += INT;
          }
          count *= (int) Math.abs(size);
        }
        out.tail((long) count * (column.isText() ? INT : field.elementBytes()));
      }
    }
    return Arrays.copyOf(out.array(), out.length());
  }

  /** How the records stand one after the other. */
  public RecordFrame frame() {
    return new RecordFrame(stride, isFixed);
  }

  /** Names, types, shapes and defaults in 32 hexadecimal digits: equal for equal layouts. */
  public String fingerprint() {
    return fingerprint;
  }
}
