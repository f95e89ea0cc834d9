package dev.muster.job.data;

import dev.muster.trial.data.Column;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Tensor;

/**
 * Of records whose lengths vary: all of a batch are read into the heap first, since the shapes of
 * the tensors depend on all of them. Each batch has tensors of its own.
 */
final class VariableBatchBuffer implements BatchBuffer {
  /** Consecutive records are read at once, up to this many. */
  private static final int RUN = 4096;

  private final RecordStore store;
  private final RecordBytes records;
  private final List<ColumnTensors> columns = new ArrayList<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  VariableBatchBuffer(RecordStore store) {
    this.store = store;
    this.records = new RecordBytes(store.layout().frame());
    for (RecordLayout.Field field : store.layout().fields()) {
      Column column = field.column();
      if (column.isFixed()) {
        columns.add(new FixedTensors(field));
      } else if (column.isSparse()) {
        columns.add(new SparseTensors(field));
      } else {
        columns.add(column.isText() ? new TextTensors(field) : new PaddedTensors(field));
      }
    }
  }

  @Override
  public Batch fill(long[] numbers) {
    records.clear();
    for (int row = 0; row < numbers.length; ) {
      int run = BatchBuffer.run(store, numbers, row, RUN);
      store.read(store.partition(numbers[row]), store.index(numbers[row]), run, records);
      row += run;
    }
    return batch(numbers.length);
  }

  @Override
  public Batch fillWithoutExamples(int rank) {
    if (rank < store.records()) {
      fill(new long[] {rank});
    } else {
      records.clear();
      records.add(store.layout().standIn());
    }
    return batch(0);
  }

  private Batch batch(int examples) {
    close();
    int[] tails = new int[records.count()];
    for (int record = 0; record < tails.length; record++) {
      tails[record] = records.start(record) + store.layout().stride();
    }
    try {
      for (ColumnTensors column : columns) {
        column.read(records, tails, tensors);
      }
    } catch (IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw damaged();
    }
    for (int record = 0; record < tails.length; record++) {
      if (tails[record] != records.end(record, records.start(record))) {
        throw damaged();
      }
    }
    return new Batch(examples, Collections.unmodifiableMap(tensors));
  }

  private IllegalStateException damaged() {
    return new IllegalStateException(
        "Cannot read records of " + store + ": the lengths in a record do not fit its bytes");
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
