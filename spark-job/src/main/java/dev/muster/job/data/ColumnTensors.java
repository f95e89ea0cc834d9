package dev.muster.job.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/** Makes the tensors of one column of a batch whose records' lengths vary. */
abstract class ColumnTensors {
  final RecordLayout.Field field;
  private byte[] heap = {};

  ColumnTensors(RecordLayout.Field field) {
    this.field = field;
  }

  /**
   * Adds the column's tensors of these records.
   *
   * @param tails where in each record the column's elements stand that have no place in the stride;
   *     moved behind them
   * @param into by name; closed by the caller
   */
  abstract void read(RecordBytes records, int[] tails, Map<String, Tensor> into);

  /** The dimensions that a record has, known and stored ones. */
  final int[] dimensions(RecordBytes records, int record, int before) {
    long[] declared = field.column().shape().asArray();
    int[] found = new int[declared.length];
    int at = records.start(record) + field.offset() + before;
    for (int i = 0; i < declared.length; i++) {
      found[i] = (int) declared[i];
      if (declared[i] < 0) {
        found[i] = integer(records, at);
        at += RecordLayout.INT;
      }
      if (found[i] < 0) {
        throw new IndexOutOfBoundsException("a dimension is " + found[i]);
      }
    }
    return found;
  }

  static int integer(RecordBytes records, int at) {
    return (int) RecordFrame.INTS.get(records.bytes(), at);
  }

  static int product(int[] dimensions) {
    int product = 1;
    for (int dimension : dimensions) {
      product = Math.multiplyExact(product, dimension);
    }
    return product;
  }

  /** The dimensions of the batch's tensor: its records, then the largest of each. */
  static Shape shape(int[][] dimensions, long[] declared) {
    long[] shape = new long[declared.length + 1];
    shape[0] = dimensions.length;
    for (int i = 0; i < declared.length; i++) {
      shape[i + 1] = Math.max(0, declared[i]);
      for (int[] record : dimensions) {
        shape[i + 1] = Math.max(shape[i + 1], record[i]);
      }
    }
    return Shape.of(shape);
  }

  /** Heap memory of at least so many bytes; its content is what the last batch left. */
  final byte[] heap(long bytes) {
    int wanted = Math.toIntExact(bytes);
    if (heap.length < wanted) {
      heap = new byte[wanted];
    }
    return heap;
  }

  /** A tensor of the first bytes of the heap memory. */
  static Tensor tensor(Class<? extends TType> type, Shape shape, byte[] bytes, int count) {
    Tensor tensor = Tensor.of(type, shape);
    if (count > 0) {
      tensor.asRawTensor().data().write(bytes, 0, count);
    }
    return tensor;
  }

  /** The bytes of a number or truth value. */
  static byte[] bytes(Class<? extends TType> type, @Nullable Object value) {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (type == TBool.class) {
      buffer.put((byte) (Boolean.TRUE.equals(value) ? 1 : 0));
    } else {
      Number number = value == null ? 0 : (Number) value;
      if (type == TFloat32.class) {
        buffer.putFloat(number.floatValue());
      } else if (type == TFloat64.class) {
        buffer.putDouble(number.doubleValue());
      } else if (type == TInt32.class) {
        buffer.putInt(number.intValue());
      } else if (type == TInt64.class) {
        buffer.putLong(number.longValue());
      } else {
        buffer.put(number.byteValue());
      }
    }
    return Arrays.copyOf(buffer.array(), buffer.position());
  }
}
