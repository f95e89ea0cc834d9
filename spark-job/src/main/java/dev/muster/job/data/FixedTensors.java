package dev.muster.job.data;

import dev.muster.trial.data.Column;
import java.util.Map;
import org.tensorflow.Tensor;

/** A fixed column beside others that are not: its elements are in the stride. */
final class FixedTensors extends ColumnTensors {
  FixedTensors(RecordLayout.Field field) {
    super(field);
  }

  @Override
  void read(RecordBytes records, int[] tails, Map<String, Tensor> into) {
    int size = field.bytes();
    byte[] heap = heap((long) size * records.count());
    for (int record = 0; record < records.count(); record++) {
      System.arraycopy(
          records.bytes(), records.start(record) + field.offset(), heap, record * size, size);
    }
    Column column = field.column();
    into.put(
        column.name(),
        tensor(
            column.type(),
            column.shape().prepend((long) records.count()),
            heap,
            size * records.count()));
  }
}
