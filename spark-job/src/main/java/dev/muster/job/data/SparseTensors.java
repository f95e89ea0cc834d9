package dev.muster.job.data;

import dev.muster.trial.data.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** A sparse column: the entries of all records, one after the other. */
final class SparseTensors extends ColumnTensors {
  SparseTensors(RecordLayout.Field field) {
    super(field);
  }

  @Override
  void read(RecordBytes records, int[] tails, Map<String, Tensor> into) {
    Column column = field.column();
    int entries = 0;
    long size = Math.max(0, column.shape().get(0));
    for (int record = 0; record < records.count(); record++) {
      entries = Math.addExact(entries, entries(records, record));
      size = Math.max(size, dimensions(records, record, RecordLayout.INT)[0]);
    }
    ByteBuffer indices =
        ByteBuffer.allocate(Math.multiplyExact(entries, 2 * Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int record = 0; record < records.count(); record++) {
      for (int i = entries(records, record); i > 0; i--) {
        indices.putLong(record).putLong(integer(records, tails[record]));
        tails[record] += RecordLayout.INT;
      }
    }
    ByteBuffer shape =
        ByteBuffer.allocate(2 * Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(records.count())
            .putLong(size);
    into.put(
        column.indicesName(),
        tensor(TInt64.class, Shape.of(entries, 2), indices.array(), indices.position()));
    into.put(column.valuesName(), values(records, tails, entries));
    into.put(
        column.shapeName(), tensor(TInt64.class, Shape.of(2), shape.array(), shape.position()));
  }

  private int entries(RecordBytes records, int record) {
    int entries = integer(records, records.start(record) + field.offset());
    if (entries < 0) {
      throw new IndexOutOfBoundsException("the entries are " + entries);
    }
    return entries;
  }

  private Tensor values(RecordBytes records, int[] tails, int entries) {
    Shape shape = Shape.of(entries);
    if (field.column().isText()) {
      DataBuffer<byte[]> texts = DataBuffers.ofObjects(byte[].class, entries);
      long at = 0;
      for (int record = 0; record < records.count(); record++) {
        for (int i = entries(records, record); i > 0; i--) {
          texts.setObject(TextTensors.text(records, tails, record), at++);
        }
      }
      return TString.tensorOfBytes(shape, texts);
    }
    int size = field.elementBytes();
    byte[] heap = heap((long) entries * size);
    int at = 0;
    for (int record = 0; record < records.count(); record++) {
      int bytes = entries(records, record) * size;
      System.arraycopy(records.bytes(), tails[record], heap, at, bytes);
      tails[record] += bytes;
      at += bytes;
    }
    return tensor(field.column().type(), shape, heap, at);
  }
}
