package dev.muster.job.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TString;

/** The texts of one column in one batch. Confined to one thread at a time. */
final class TextColumn {
  private final RecordLayout.Field field;
  private final int elements;
  private final int textBytes;
  private final DataBuffer<byte[]> texts;

  TextColumn(RecordLayout.Field field, int examples) {
    this.field = field;
    this.elements = field.column().elements();
    this.textBytes = RecordLayout.TEXT_LENGTH_BYTES + field.column().maxBytes();
    this.texts = DataBuffers.ofObjects(byte[].class, (long) examples * elements);
  }

  String name() {
    return field.column().name();
  }

  /**
   * Takes the texts of consecutive records.
   *
   * @param records their bytes
   * @param row of the first in the batch
   */
  void read(byte[] records, int stride, int row, int count) {
    ByteBuffer bytes = ByteBuffer.wrap(records).order(ByteOrder.LITTLE_ENDIAN);
    for (int record = 0; record < count; record++) {
      for (int element = 0; element < elements; element++) {
        int at = record * stride + field.offset() + element * textBytes;
        byte[] text = new byte[bytes.getInt(at)];
        bytes.get(at + RecordLayout.TEXT_LENGTH_BYTES, text);
        texts.setObject(text, (long) (row + record) * elements + element);
      }
    }
  }

  /** A new tensor {@code [examples, …shape]} of the texts, to be closed by the caller. */
  TString tensor(int examples) {
    Shape shape = field.column().shape().prepend((long) examples);
    return TString.tensorOfBytes(shape, texts);
  }
}
