package dev.muster.job.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;

/** Of records of a fixed length: the tensors are made anew only when the number of rows changes. */
final class FixedBatchBuffer implements BatchBuffer {
  /** Consecutive records are read at once, up to this many bytes. */
  private static final int RUN_BYTES = 256 << 10;

  private final RecordStore store;

  // On the heap for TensorFlow's public write(byte[]): a shuffled batch of 64 x 784 floats takes
  // 92 us; 76 us through a direct view of the tensor, which only its internal API gives.
  private final byte[] scratch;
  private final int scratchRecords;
  private final List<ByteDataBuffer> memory = new ArrayList<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private int rows = -1;

  FixedBatchBuffer(RecordStore store) {
    this.store = store;
    int stride = store.layout().stride();
    this.scratchRecords = Math.max(1, RUN_BYTES / stride);
    this.scratch = new byte[scratchRecords * stride];
  }

  @Override
  public Batch fill(long[] records) {
    allocate(records.length);
    for (int row = 0; row < records.length; ) {
      int run = BatchBuffer.run(store, records, row, scratchRecords);
      ByteBuffer into = ByteBuffer.wrap(scratch, 0, run * store.layout().stride());
      store.read(store.partition(records[row]), store.index(records[row]), into);
      copy(row, run);
      row += run;
    }
    return batch(records.length);
  }

  @Override
  public Batch fillWithoutExamples(int rank) {
    if (rank < store.records()) {
      fill(new long[] {rank});
    } else {
      allocate(1);
      Arrays.fill(scratch, (byte) 0);
      copy(0, 1);
    }
    return batch(0);
  }

  private Batch batch(int examples) {
    return new Batch(examples, Collections.unmodifiableMap(tensors));
  }

  private void copy(int row, int run) {
    List<RecordLayout.Field> fields = store.layout().fields();
    int stride = store.layout().stride();
    for (int column = 0; column < fields.size(); column++) {
      RecordLayout.Field field = fields.get(column);
      ByteDataBuffer tensor = memory.get(column);
      if (field.bytes() == stride) {
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
      Tensor tensor = Tensor.of(field.column().type(), field.column().shape().prepend((long) rows));
      tensors.put(field.column().name(), tensor);
      memory.add(tensor.asRawTensor().data());
    }
  }

  @Override
  public void close() {
    rows = -1;
    memory.clear();
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
