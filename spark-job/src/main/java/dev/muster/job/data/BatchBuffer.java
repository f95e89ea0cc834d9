package dev.muster.job.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;

/**
 * The tensors of one batch, filled again and again; made anew only when the number of rows changes,
 * and those of texts each time. Confined to one thread at a time.
 */
final class BatchBuffer implements AutoCloseable {
  /** Consecutive records are read at once, up to this many bytes. */
  private static final int RUN_BYTES = 256 << 10;

  private final RecordStore store;

  // On the heap for TensorFlow's public write(byte[]): a shuffled batch of 64 x 784 floats takes
  // 92 us; 76 us through a direct view of the tensor, which only its internal API gives.
  private final byte[] scratch;
  private final int scratchRecords;
  private final List<@Nullable ByteDataBuffer> memory = new ArrayList<>();
  private final Map<Integer, TextColumn> texts = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private int rows = -1;

  BatchBuffer(RecordStore store) {
    this.store = store;
    int stride = store.layout().stride();
    this.scratchRecords = Math.max(1, RUN_BYTES / stride);
    this.scratch = new byte[scratchRecords * stride];
  }

  /** Reads these records, one at least, into the tensors. */
  Batch fill(long[] records) {
    allocate(records.length);
    for (int row = 0; row < records.length; ) {
      int run = run(records, row);
      ByteBuffer into = ByteBuffer.wrap(scratch, 0, run * store.layout().stride());
      store.read(store.partition(records[row]), store.index(records[row]), into);
      copy(row, run);
      row += run;
    }
    return batch(records.length);
  }

  /**
   * A batch of no examples, whose tensors have a row all the same: the first record of the slot, or
   * zeros and empty texts where it has none.
   */
  Batch fillWithoutExamples(int rank) {
    if (rank < store.records()) {
      fill(new long[] {rank});
    } else {
      allocate(1);
      Arrays.fill(scratch, (byte) 0);
      copy(0, 1);
    }
    return batch(0);
  }

  /** TensorFlow's texts cannot be written over: each batch has tensors of its own. */
  private Batch batch(int examples) {
    texts.forEach(
        (place, column) -> {
          Tensor old = tensors.put(column.name(), column.tensor(rows));
          if (old != null) {
            old.close();
          }
        });
    return new Batch(examples, Collections.unmodifiableMap(tensors));
  }

  private int run(long[] records, int row) {
    int limit = Math.min(scratchRecords, records.length - row);
    int run = 1;
    while (run < limit && records[row + run] == records[row] + (long) run * store.partitions()) {
      run++;
    }
    return run;
  }

  private void copy(int row, int run) {
    List<RecordLayout.Field> fields = store.layout().fields();
    int stride = store.layout().stride();
    for (int column = 0; column < fields.size(); column++) {
      RecordLayout.Field field = fields.get(column);
      ByteDataBuffer tensor = memory.get(column);
      if (tensor == null) {
        Objects.requireNonNull(texts.get(column)).read(scratch, stride, row, run);
      } else if (field.bytes() == stride) {
        tensor.offset((long) row * stride).write(scratch, 0, run * stride);
      } else if (field.bytes() > 0) {
        for (int record = 0; record < run; record++) {
          tensor
              .offset((long) (row + record) * field.bytes())
              .write(scratch, record * stride + field.offset(), field.bytes());
        }
      }
    }
  }

  private void allocate(int wanted) {
    if (rows == wanted) {
      return;
    }
    close();
    rows = wanted;
    for (RecordLayout.Field field : store.layout().fields()) {
      if (field.column().isText()) {
        texts.put(memory.size(), new TextColumn(field, rows));
        memory.add(null);
        continue;
      }
      Tensor tensor = Tensor.of(field.column().type(), field.column().shape().prepend((long) rows));
      tensors.put(field.column().name(), tensor);
      memory.add(tensor.asRawTensor().data());
    }
  }

  /** Frees the tensors; a second call does nothing. */
  @Override
  public void close() {
    rows = -1;
    memory.clear();
    texts.clear();
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
