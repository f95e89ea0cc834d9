package dev.muster.job.spark;

import java.nio.ByteBuffer;
import java.util.Locale;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.jspecify.annotations.Nullable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/**
 * The element types of columns and of tensors. Integers become any number type, fractions become
 * fractions: an integer that its target cannot hold is an error, a fraction, or an integer that
 * becomes one, is rounded to the nearest. Texts become texts in UTF-8, and bytes as they are.
 */
enum ShardType {
  INT8(1),
  UINT8(1),
  INT16(2),
  INT32(4),
  INT64(8),
  FLOAT32(4),
  FLOAT64(8),
  BOOL(1),
  /** Of no fixed length. */
  TEXT(0),
  /** Binary that becomes a text; of no fixed length. */
  BYTES(0);

  private final int bytes;

  ShardType(int bytes) {
    this.bytes = bytes;
  }

  /** The bytes of one element. */
  int bytes() {
    return bytes;
  }

  /** The type of a column's elements, null when no tensor has them. */
  static @Nullable ShardType ofColumn(DataType type) {
    if (type instanceof ByteType) {
      return INT8;
    } else if (type instanceof ShortType) {
      return INT16;
    } else if (type instanceof IntegerType) {
      return INT32;
    } else if (type instanceof LongType) {
      return INT64;
    } else if (type instanceof FloatType) {
      return FLOAT32;
    } else if (type instanceof DoubleType) {
      return FLOAT64;
    } else if (type instanceof BooleanType) {
      return BOOL;
    } else if (type instanceof StringType) {
      return TEXT;
    } else if (type instanceof BinaryType) {
      return BYTES;
    }
    return null;
  }

  /** The type of a tensor that {@link dev.muster.job.data.RecordLayout} accepts. */
  static ShardType ofTensor(Class<? extends TType> type) {
    if (type == TFloat32.class) {
      return FLOAT32;
    } else if (type == TFloat64.class) {
      return FLOAT64;
    } else if (type == TInt32.class) {
      return INT32;
    } else if (type == TInt64.class) {
      return INT64;
    } else if (type == TUint8.class) {
      return UINT8;
    } else if (type == TBool.class) {
      return BOOL;
    } else if (type == TString.class) {
      return TEXT;
    }
    throw new IllegalArgumentException("Cannot encode " + type.getSimpleName());
  }

  boolean isFraction() {
    return this == FLOAT32 || this == FLOAT64;
  }

  boolean isInteger() {
    return switch (this) {
      case INT8, UINT8, INT16, INT32, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, TEXT, BYTES -> false;
    };
  }

  /** Whether a column of this type becomes a tensor of the other. */
  boolean becomes(ShardType tensor) {
    return switch (this) {
      case BOOL -> tensor == BOOL;
      case FLOAT32, FLOAT64 -> tensor.isFraction();
      case INT8, UINT8, INT16, INT32, INT64 -> tensor.isInteger() || tensor.isFraction();
      case TEXT, BYTES -> tensor == TEXT;
    };
  }

  /**
   * Converts one element.
   *
   * @param source a row or an array whose element has this type
   * @throws ShardValueException when the tensor's type cannot hold the value
   */
  void convert(SpecializedGetters source, int place, ShardType tensor, ByteBuffer out)
      throws ShardValueException {
    if (this == BOOL) {
      out.put((byte) (source.getBoolean(place) ? 1 : 0));
    } else if (this == FLOAT32 && tensor == FLOAT32) {
      out.putFloat(source.getFloat(place)); // bit by bit: a NaN keeps what it carries
    } else if (isFraction()) {
      tensor.putFraction(this == FLOAT32 ? source.getFloat(place) : source.getDouble(place), out);
    } else {
      tensor.putInteger(integer(source, place), out);
    }
  }

  /** Whether an array of these is copied as it is where the tensor has the same type. */
  boolean isCopiedWhole() {
    return switch (this) {
      case INT32, INT64, FLOAT32, FLOAT64 -> true;
      case INT8, UINT8, INT16, BOOL, TEXT, BYTES -> false;
    };
  }

  /**
   * The bytes of one text.
   *
   * @param source a row or an array whose element is a text or bytes
   */
  byte[] text(SpecializedGetters source, int place) {
    return this == BYTES ? source.getBinary(place) : source.getUTF8String(place).getBytes();
  }

  private long integer(SpecializedGetters source, int place) {
    return switch (this) {
      case INT8 -> source.getByte(place);
      case INT16 -> source.getShort(place);
      case INT32 -> source.getInt(place);
      case INT64 -> source.getLong(place);
      case UINT8, FLOAT32, FLOAT64, BOOL, TEXT, BYTES ->
          throw new IllegalStateException("Cannot read " + this + " as an integer");
    };
  }

  /** Writes a fraction of this type. */
  void putFraction(double value, ByteBuffer out) {
    if (this == FLOAT32) {
      out.putFloat((float) value);
    } else {
      out.putDouble(value);
    }
  }

  /** Writes a number of this type. */
  void putInteger(long value, ByteBuffer out) throws ShardValueException {
    switch (this) {
      case FLOAT32 -> out.putFloat((float) value);
      case FLOAT64 -> out.putDouble((double) value);
      case INT64 -> out.putLong(value);
      case INT32 -> out.putInt((int) inRange(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case UINT8 -> out.put((byte) inRange(value, 0, 255));
      case INT8, INT16, BOOL, TEXT, BYTES ->
          throw new IllegalStateException("Cannot write " + this);
    }
  }

  private long inRange(long value, long least, long most) throws ShardValueException {
    if (value < least || value > most) {
      throw new ShardValueException(
          "is " + value + ", which does not fit " + name().toLowerCase(Locale.ROOT));
    }
    return value;
  }
}
