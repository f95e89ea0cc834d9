package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.util.Objects;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/**
 * How a column of the source becomes a tensor.
 *
 * @param name the tensor's name and the column's
 * @param role whether the model sees it as a feature or as a label
 * @param type the element type: TFloat32, TFloat64, TInt32, TInt64, TUint8, TBool or TString
 * @param shape the shape of one record, without the batch dimension, fully known
 * @param maxBytes the most UTF-8 bytes of one text; 0 for all types but TString
 */
public record Column(
    String name, Role role, Class<? extends TType> type, Shape shape, int maxBytes) {
  /** The most UTF-8 bytes of a text whose column says nothing else. */
  public static final int DEFAULT_MAX_BYTES = 64;

  /** What the model sees the column as. */
  public enum Role {
    /** An input, in all modes. */
    FEATURE,
    /** A target, in training and validation. */
    LABEL
  }

  /** A column whose texts, if it holds any, have up to {@link #DEFAULT_MAX_BYTES} bytes. */
  public Column(String name, Role role, Class<? extends TType> type, Shape shape) {
    this(name, role, type, shape, type == TString.class ? DEFAULT_MAX_BYTES : 0);
  }

  /** Checks that the shape is fully known, and that texts alone have a most of bytes. */
  public Column {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(type, "type");
    if (type == TString.class ? maxBytes < 1 : maxBytes != 0) {
      throw new TrialException(
          "Cannot read column '"
              + name
              + "' as "
              + type.getSimpleName()
              + ": expected "
              + (type == TString.class ? "texts of at least 1 byte" : "no maximum of bytes")
              + ", found a maximum of "
              + maxBytes);
    }
    if (shape.isUnknown() || shape.hasUnknownDimension()) {
      throw new TrialException(
          "Cannot read column '"
              + name
              + "': expected a fully known shape without the batch dimension, found "
              + shape
              + "; variable length is not supported yet");
    }
  }

  /** The batch's shape: the batch dimension, unknown, before the record's dimensions. */
  public Shape batchShape() {
    return shape.prepend(Shape.UNKNOWN_SIZE);
  }

  /** Whether its elements are texts. */
  public boolean isText() {
    return type == TString.class;
  }

  /** The number of elements of one record. */
  public int elements() {
    return Math.toIntExact(shape.size());
  }
}
