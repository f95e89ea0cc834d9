package dev.muster.job.data;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The records of a batch whose lengths vary, one after the other in an array that grows. Confined
 * to one thread at a time.
 */
final class RecordBytes {
  private final RecordFrame frame;
  private byte[] bytes = {};
  private int used;
  private int[] starts = {};
  private int count;

  RecordBytes(RecordFrame frame) {
    this.frame = frame;
  }

  /** Forgets all records. */
  void clear() {
    used = 0;
    count = 0;
  }

  /** Room for so many bytes at the end. */
  ByteBuffer more(long wanted) {
    long needed = used + wanted;
    if (needed > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "Cannot read the records of a batch: expected at most 2 GB, found "
              + needed
              + " bytes; lower the batch size");
    }
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, needed + needed / 2));
    }
    ByteBuffer room = ByteBuffer.wrap(bytes, used, (int) wanted);
    used = (int) needed;
    return room;
  }

  /** Finds the records in what was last filled. */
  void end(int records) {
    int at = count == 0 ? 0 : starts[count - 1] + frame.recordBytes(bytes, starts[count - 1]);
    if (count + records > starts.length) {
      starts = Arrays.copyOf(starts, Math.max(count + records, 2 * starts.length));
    }
    for (int record = 0; record < records; record++) {
      starts[count++] = at;
      at += frame.recordBytes(bytes, at);
    }
    if (at != used) {
      throw new IllegalArgumentException(
          "Cannot read records: expected them to end at byte " + used + ", found " + at);
    }
  }

  /** Appends a record. */
  void add(byte[] record) {
    more(record.length).put(record);
    end(1);
  }

  int count() {
    return count;
  }

  byte[] bytes() {
    return bytes;
  }

  /** The first byte of a record's stride. */
  int start(int record) {
    return starts[record] + RecordLayout.INT;
  }

  /** The byte after a record. */
  int end(int record, int start) {
    return start + (int) RecordFrame.INTS.get(bytes, start - RecordLayout.INT);
  }
}
