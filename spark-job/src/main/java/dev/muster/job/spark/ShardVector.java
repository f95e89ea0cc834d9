package dev.muster.job.spark;

import dev.muster.job.data.RecordOutput;
import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.UserDefinedType;
import org.jspecify.annotations.Nullable;

/**
 * A vector of Spark ML as its rows store it: a kind, then size and indices of a sparse one, then
 * the values. Read without the library itself, which an application need not have.
 *
 * @param size of the whole vector
 * @param indices of the values; null for a dense vector
 * @param values all, or those at the indices
 */
record ShardVector(int size, @Nullable ArrayData indices, ArrayData values) {
  private static final String TYPE = "org.apache.spark.ml.linalg.VectorUDT";
  private static final String OLD_TYPE = "org.apache.spark.mllib.linalg.VectorUDT";

  /** Whether a column's values are vectors. */
  static boolean is(DataType type) {
    return type instanceof UserDefinedType<?> user
        && (user.getClass().getName().equals(TYPE) || user.getClass().getName().equals(OLD_TYPE));
  }

  static ShardVector of(InternalRow row, int ordinal) {
    InternalRow parts = row.getStruct(ordinal, 4);
    ArrayData values = parts.getArray(3);
    return parts.getByte(0) == 0
        ? new ShardVector(parts.getInt(1), parts.getArray(2), values)
        : new ShardVector(values.numElements(), null, values);
  }

  /** Those that a sparse vector holds, or those of a dense one that are not 0. */
  int entries() {
    if (indices != null) {
      return values.numElements();
    }
    int entries = 0;
    for (int i = 0; i < size; i++) {
      if (values.getDouble(i) != 0) {
        entries++;
      }
    }
    return entries;
  }

  void writePositions(ByteBuffer out) {
    for (int i = 0; i < values.numElements(); i++) {
      if (indices != null) {
        out.putInt(indices.getInt(i));
      } else if (values.getDouble(i) != 0) {
        out.putInt(i);
      }
    }
  }

  void writeEntries(ShardElements elements, RecordOutput out) {
    for (int i = 0; i < values.numElements(); i++) {
      if (indices != null || values.getDouble(i) != 0) {
        elements.write(values.getDouble(i), out);
      }
    }
  }

  /** Writes as many numbers as the size, 0 where the vector has none. */
  void writeAll(ShardElements elements, RecordOutput out) {
    int entry = 0;
    for (int i = 0; i < size; i++) {
      boolean isHere =
          indices == null || (entry < indices.numElements() && indices.getInt(entry) == i);
      elements.write(isHere ? values.getDouble(entry++) : 0, out);
    }
  }
}
