package dev.muster.job.spark;

import dev.muster.job.data.RecordOutput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Encodes the first rows of each partition that is asked for: each becomes a byte that says what it
 * is, then the record, or why there is none. A fault is an answer and no exception, and the last.
 */
final class FirstRecords implements Function2<Integer, Iterator<InternalRow>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;
  private static final byte RECORD = 0;
  private static final byte ROW_FAULT = 1;
  private static final byte SOURCE_FAULT = 2;

  private final ShardPlan plan;

  FirstRecords(ShardPlan plan) {
    this.plan = plan;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<InternalRow> rows) {
    return new Iterator<>() {
      private final RecordOutput out = plan.output();
      private boolean over;

      @Override
      @SuppressWarnings("CatchingUnchecked") // Scala's methods throw checked exceptions undeclared.
      public boolean hasNext() {
        try {
          return !over && rows.hasNext();
        } catch (Exception e) {
          return true; // next() meets it again, or another
        }
      }

      @Override
      @SuppressWarnings("CatchingUnchecked") // As above.
      public byte[] next() {
        if (over) {
          throw new NoSuchElementException();
        }
        try {
          out.begin();
          plan.encode(rows.next(), out);
          byte[] record = out.array();
          return ByteBuffer.allocate(1 + out.length())
              .put(RECORD)
              .put(record, 0, out.length())
              .array();
        } catch (ShardValueException e) {
          over = true;
          return fault(ROW_FAULT, String.valueOf(e.getMessage()));
        } catch (Exception e) {
          over = true;
          return fault(SOURCE_FAULT, StackTraces.rootCause(e).toString());
        }
      }
    };
  }

  private static byte[] fault(byte kind, String message) {
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(1 + text.length).put(kind).put(text).array();
  }

  /** Whether this is a record and no fault. */
  static boolean isRecord(byte[] answer) {
    return answer[0] == RECORD;
  }

  /** Whether a row's values are at fault, rather than the source. */
  static boolean isRowFault(byte[] answer) {
    return answer[0] == ROW_FAULT;
  }

  /** The record's bytes. */
  static byte[] record(byte[] answer) {
    return Arrays.copyOfRange(answer, 1, answer.length);
  }

  /** The fault. */
  static String fault(byte[] answer) {
    return new String(answer, 1, answer.length - 1, StandardCharsets.UTF_8);
  }
}
