package dev.muster.job.data;

import dev.muster.trial.data.Column;
import java.util.Arrays;
import java.util.Map;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;

/** A column of numbers or truth values with a dimension that varies: padded to the longest. */
final class PaddedTensors extends ColumnTensors {
  private final byte[] padding;

  PaddedTensors(RecordLayout.Field field) {
    super(field);
    this.padding = bytes(field.column().type(), field.column().padding());
  }

  @Override
  void read(RecordBytes records, int[] tails, Map<String, Tensor> into) {
    Column column = field.column();
    int size = field.elementBytes();
    int[][] dimensions = new int[records.count()][];
    for (int record = 0; record < dimensions.length; record++) {
      dimensions[record] = dimensions(records, record, 0);
    }
    Shape shape = shape(dimensions, column.shape().asArray());
    int bytes = Math.toIntExact(Math.multiplyExact(shape.size(), (long) size));
    byte[] heap = heap(bytes);
    pad(heap, bytes);
    int each = dimensions.length == 0 ? 0 : bytes / dimensions.length;
    for (int record = 0; record < dimensions.length; record++) {
      int[] own = dimensions[record];
      int length = Math.multiplyExact(product(own), size);
      copy(records.bytes(), tails[record], own, heap, record * each, shape, size);
      tails[record] += length;
    }
    into.put(column.name(), tensor(column.type(), shape, heap, bytes));
  }

  private void pad(byte[] heap, int bytes) {
    if (padding.length == 1) {
      Arrays.fill(heap, 0, bytes, padding[0]);
      return;
    }
    int done = Math.min(bytes, padding.length);
    System.arraycopy(padding, 0, heap, 0, done);
    while (done < bytes) {
      int more = Math.min(done, bytes - done);
      System.arraycopy(heap, 0, heap, done, more);
      done += more;
    }
  }

  /** Copies a record's innermost rows each to its place in the padded tensor. */
  private static void copy(
      byte[] from, int start, int[] own, byte[] to, int place, Shape shape, int size) {
    int last = own.length - 1;
    int row = own[last] * size;
    int rows = row == 0 ? 0 : product(own) / own[last];
    int[] index = new int[own.length];
    for (int i = 0; i < rows; i++) {
      long element = 0;
      for (int d = 0; d <= last; d++) {
        element = element * shape.get(d + 1) + index[d];
      }
      System.arraycopy(from, start + i * row, to, (int) (place + element * size), row);
      for (int d = last - 1; d >= 0 && ++index[d] == own[d]; d--) {
        index[d] = 0;
      }
    }
  }
}
