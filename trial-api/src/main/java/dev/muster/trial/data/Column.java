package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/**
 * How a column of the source becomes a tensor, or, if sparse, three of them.
 *
 * @param name the tensor's name and the column's
 * @param role whether the model sees it as a feature or as a label
 * @param type the element type: TFloat32, TFloat64, TInt32, TInt64, TUint8, TBool or TString
 * @param shape the shape of one record, without the batch dimension; an unknown dimension is the
 *     largest of the batch
 * @param isSparse whether only its entries are stored and fed; its shape has one dimension then
 * @param padding what stands in a tensor beyond a record's own elements; null for 0, false and the
 *     empty text
 * @param defaultValue what stands for null; null where null is an error
 */
public record Column(
    String name,
    Role role,
    Class<? extends TType> type,
    Shape shape,
    boolean isSparse,
    @Nullable Object padding,
    @Nullable Object defaultValue) {
  /** The types of a column's elements. */
  static final List<Class<? extends TType>> TYPES =
      List.of(
          TFloat32.class,
          TFloat64.class,
          TInt32.class,
          TInt64.class,
          TUint8.class,
          TBool.class,
          TString.class);

  /** What the model sees the column as. */
  public enum Role {
    /** An input, in all modes. */
    FEATURE,
    /** A target, in training and validation. */
    LABEL
  }

  /** A dense column that is padded with zeros, and in which null is an error. */
  public Column(String name, Role role, Class<? extends TType> type, Shape shape) {
    this(name, role, type, shape, false, null, null);
  }

  /** Checks that all parts fit each other. */
  public Column {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(type, "type");
    if (!TYPES.contains(type)) {
      throw new TrialException(
          "Cannot read column '"
              + name
              + "': type "
              + type.getSimpleName()
              + " is not supported; use one of "
              + TYPES.stream().map(Class::getSimpleName).toList());
    }
    if (shape.isUnknown()) {
      throw new TrialException(
          "Cannot read column '"
              + name
              + "': expected a shape with a known number of dimensions, found "
              + shape
              + "; give each dimension of one record, -1 for a variable one");
    }
    if (isSparse && shape.numDimensions() != 1) {
      throw new TrialException(
          "Cannot read column '"
              + name
              + "' as sparse: expected a shape of one dimension, found "
              + shape);
    }
    check(name, type, "padding", padding);
    check(name, type, "default", defaultValue);
    if (padding != null && (isSparse || !shape.hasUnknownDimension())) {
      throw new TrialException(
          "Cannot pad column '"
              + name
              + "': nothing is padded in a "
              + (isSparse ? "sparse column" : "column of the fixed shape " + shape));
    }
  }

  private static void check(
      String name, Class<? extends TType> type, String what, @Nullable Object value) {
    boolean fits =
        value == null
            || (type == TString.class
                ? value instanceof String
                : type == TBool.class
                    ? value instanceof Boolean
                    : type == TFloat32.class || type == TFloat64.class
                        ? value instanceof Number
                        : isWhole(type, value));
    if (!fits) {
      throw new TrialException(
          "Cannot use "
              + value
              + " as the "
              + what
              + " of column '"
              + name
              + "': expected a value of "
              + type.getSimpleName());
    }
  }

  private static boolean isWhole(Class<? extends TType> type, Object value) {
    boolean isInteger =
        Stream.of(Byte.class, Short.class, Integer.class, Long.class)
            .anyMatch(whole -> whole.isInstance(value));
    if (!isInteger) {
      return false;
    }
    long number = ((Number) value).longValue();
    return type == TInt64.class
        || (type == TInt32.class ? number == (int) number : number >= 0 && number <= 255); // TUint8
  }

  Column withPadding(Object value) {
    return new Column(
        name, role, type, shape, isSparse, Objects.requireNonNull(value, "padding"), defaultValue);
  }

  Column withDefault(Object value) {
    return new Column(
        name, role, type, shape, isSparse, padding, Objects.requireNonNull(value, "default"));
  }

  /** The batch's shape: the batch dimension, unknown, before the record's dimensions. */
  public Shape batchShape() {
    return shape.prepend(Shape.UNKNOWN_SIZE);
  }

  /** Whether its elements are texts. */
  public boolean isText() {
    return type == TString.class;
  }

  /** Whether each record has as many bytes of it. */
  public boolean isFixed() {
    return !isText() && !isSparse && !shape.hasUnknownDimension();
  }

  /** The number of elements of one record of a dense column whose shape is known. */
  public int elements() {
    return Math.toIntExact(shape.size());
  }

  /** The tensor of a sparse column's indices: int64 {@code [entries, 2]}, by row and position. */
  public String indicesName() {
    return name + "/indices";
  }

  /** The tensor of a sparse column's values: {@code [entries]}. */
  public String valuesName() {
    return name + "/values";
  }

  /** The tensor of a sparse column's dense shape: int64 {@code [2]}. */
  public String shapeName() {
    return name + "/shape";
  }
}
