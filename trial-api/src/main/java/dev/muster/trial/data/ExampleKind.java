package dev.muster.trial.data;

import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** What a feature's list holds. */
enum ExampleKind {
  BYTES("bytes_list", DataTypes.BinaryType),
  FLOAT("float_list", DataTypes.FloatType),
  INT64("int64_list", DataTypes.LongType);

  private final String list;
  private final DataType element;

  ExampleKind(String list, DataType element) {
    this.list = list;
    this.element = element;
  }

  /** The kind of a list of {@link ExampleReader}, null of null. */
  static @Nullable ExampleKind of(@Nullable Object list) {
    if (list == null) {
      return null;
    }
    return list instanceof long[] ? INT64 : list instanceof float[] ? FLOAT : BYTES;
  }

  /** The type of a column of such lists. */
  DataType type() {
    return DataTypes.createArrayType(element, false);
  }

  /** The name in messages: that of the field of {@code tf.train.Feature}. */
  @Override
  public String toString() {
    return list;
  }
}
