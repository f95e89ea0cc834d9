package dev.muster.job.data;

import dev.muster.trial.data.Column;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TString;

/** A column of texts of any shape; padded where a dimension varies. */
final class TextTensors extends ColumnTensors {
  private final byte[] padding;

  TextTensors(RecordLayout.Field field) {
    super(field);
    Object text = field.column().padding();
    this.padding = text == null ? new byte[0] : ((String) text).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  void read(RecordBytes records, int[] tails, Map<String, Tensor> into) {
    Column column = field.column();
    int[][] dimensions = new int[records.count()][];
    for (int record = 0; record < dimensions.length; record++) {
      dimensions[record] = dimensions(records, record, 0);
    }
    Shape shape = shape(dimensions, column.shape().asArray());
    DataBuffer<byte[]> texts = DataBuffers.ofObjects(byte[].class, shape.size());
    if (column.shape().hasUnknownDimension()) {
      for (long i = 0; i < shape.size(); i++) {
        texts.setObject(padding, i);
      }
    }
    long each = dimensions.length == 0 ? 0 : shape.size() / dimensions.length;
    for (int record = 0; record < dimensions.length; record++) {
      int[] index = new int[dimensions[record].length];
      int count = product(dimensions[record]);
      for (int i = 0; i < count; i++) {
        texts.setObject(text(records, tails, record), record * each + place(index, shape));
        next(index, dimensions[record]);
      }
    }
    into.put(column.name(), TString.tensorOfBytes(shape, texts));
  }

  /** The next text of a record. */
  static byte[] text(RecordBytes records, int[] tails, int record) {
    int length = integer(records, tails[record]);
    int start = tails[record] + RecordLayout.INT;
    if (length < 0 || length > records.bytes().length - start) {
      throw new IndexOutOfBoundsException("a text has " + length + " bytes");
    }
    tails[record] = start + length;
    return Arrays.copyOfRange(records.bytes(), start, start + length);
  }

  private static long place(int[] index, Shape shape) {
    long element = 0;
    for (int d = 0; d < index.length; d++) {
      element = element * shape.get(d + 1) + index[d];
    }
    return element;
  }

  private static void next(int[] index, int[] own) {
    for (int d = index.length - 1; d >= 0 && ++index[d] == own[d]; d--) {
      index[d] = 0;
    }
  }
}
