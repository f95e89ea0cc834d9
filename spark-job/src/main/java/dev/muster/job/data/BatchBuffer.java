package dev.muster.job.data;

/** The tensors of one batch, filled again and again. Confined to one thread at a time. */
interface BatchBuffer extends AutoCloseable {
  /** A buffer for the records of a store. */
  static BatchBuffer of(RecordStore store) {
    return store.layout().isFixed() ? new FixedBatchBuffer(store) : new VariableBatchBuffer(store);
  }

  /** Reads these records, one at least, into the tensors. */
  Batch fill(long[] records);

  /**
   * A batch of no examples, whose tensors have a row all the same: the first record of the slot, or
   * zeros and empty texts where it has none.
   */
  Batch fillWithoutExamples(int rank);

  /** Frees the tensors; a second call does nothing. */
  @Override
  void close();

  /** How many of the records from this place on stand one after the other in a partition. */
  static int run(RecordStore store, long[] records, int row, int most) {
    int limit = Math.min(most, records.length - row);
    int run = 1;
    while (run < limit && records[row + run] == records[row] + (long) run * store.partitions()) {
      run++;
    }
    return run;
  }
}
