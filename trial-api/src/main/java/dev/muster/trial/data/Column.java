package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.util.Objects;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TType;

/**
 * How a column of the source becomes a tensor.
 *
 * @param name the tensor's name and the column's
 * @param role whether the model sees it as a feature or as a label
 * @param type the element type: TFloat32, TFloat64, TInt32, TInt64, TUint8 or TBool
 * @param shape the shape of one record, without the batch dimension, fully known
 */
public record Column(String name, Role role, Class<? extends TType> type, Shape shape) {
  /** What the model sees the column as. */
  public enum Role {
    /** An input, in all modes. */
    FEATURE,
    /** A target, in training and validation. */
    LABEL
  }

  /** Checks that the shape is fully known. */
  public Column {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(type, "type");
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

  /** The number of elements of one record. */
  public int elements() {
    return Math.toIntExact(shape.size());
  }
}
