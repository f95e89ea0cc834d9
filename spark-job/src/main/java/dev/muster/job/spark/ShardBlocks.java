package dev.muster.job.spark;

import dev.muster.job.data.RecordOutput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * The second reading: rows become blocks of consecutive records of one bucket, each behind its
 * {@link ShardKey}. A bucket's records of one source partition have no gaps, so that a block needs
 * the number of its first record only.
 */
final class ShardBlocks implements Function2<Integer, Iterator<InternalRow>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;

  private final ShardPlan plan;
  private final long encoding;

  ShardBlocks(ShardPlan plan, long encoding) {
    this.plan = plan;
    this.encoding = encoding;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<InternalRow> rows) {
    return new Blocks(
        plan,
        rows,
        plan.starts().get(partition),
        plan.starts().get(partition + 1),
        EncodingMeter.task(encoding, EncodingMeter.Phase.ENCODED));
  }

  private static final class Blocks implements Iterator<byte[]> {
    private final ShardPlan plan;
    private final Iterator<InternalRow> rows;
    private final long end;
    private final RecordOutput out;
    private final Map<Integer, Block> open = new HashMap<>();
    private final Queue<byte[]> closed = new ArrayDeque<>();
    private final EncodingMeter.Task meter;
    private long record;
    private boolean over;

    Blocks(
        ShardPlan plan,
        Iterator<InternalRow> rows,
        long start,
        long end,
        EncodingMeter.Task meter) {
      this.meter = meter;
      this.plan = plan;
      this.out = plan.output();
      this.rows = rows;
      this.record = start;
      this.end = end;
    }

    @Override
    public boolean hasNext() {
      while (closed.isEmpty() && !over) {
        if (record < end && rows.hasNext()) {
          add(rows.next());
        } else {
          finish();
        }
      }
      return !closed.isEmpty();
    }

    @Override
    public byte[] next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return closed.remove();
    }

    private void add(InternalRow row) {
      int bucket = (int) (record % plan.partitions());
      Block block = open.get(bucket);
      if (block == null) {
        block = new Block(bucket);
        open.put(bucket, block);
      }
      try {
        block.add(row);
      } catch (ShardValueException e) {
        fault("record " + record + ": " + e.getMessage() + " at the second reading alone");
        return;
      }
      record++;
      meter.record();
      if (block.isFull()) {
        open.remove(bucket);
        closed.add(block.content());
      }
    }

    private void finish() {
      if (record < end) {
        fault("record " + record + " is missing at the second reading");
      } else if (rows.hasNext()) {
        fault("after record " + (end - 1) + " the second reading finds more");
      } else {
        over = true;
        meter.close();
        open.values().forEach(block -> closed.add(block.content()));
        open.clear();
      }
    }

    private void fault(String message) {
      over = true;
      byte[] text = message.getBytes(StandardCharsets.UTF_8);
      byte[] block = new byte[ShardKey.BYTES + text.length];
      ShardKey.FAULT.write(block);
      System.arraycopy(text, 0, block, ShardKey.BYTES, text.length);
      closed.add(block);
    }

    /** A block that is being filled: records of a fixed length are encoded where they stay. */
    private final class Block {
      private final int full = ShardKey.BYTES + plan.blockBytes();
      private byte[] bytes;
      private ByteBuffer view;
      private int used = ShardKey.BYTES;

      Block(int bucket) {
        long left = (end - record + plan.partitions() - 1) / plan.partitions();
        int stride = plan.frame().stride();
        long wanted = used + left * (plan.frame().isFixed() ? stride : Math.max(64, 2L * stride));
        bytes = new byte[Math.max(used + stride, (int) Math.min(full, wanted))];
        view = ShardPlan.view(bytes);
        new ShardKey(bucket, record / plan.partitions()).write(bytes);
      }

      void add(InternalRow row) throws ShardValueException {
        if (plan.frame().isFixed()) {
          out.begin(view, used);
          plan.encode(row, out);
          used += plan.frame().stride();
        } else {
          out.begin();
          plan.encode(row, out);
          grow(out.length());
          System.arraycopy(out.array(), 0, bytes, used, out.length());
          used += out.length();
        }
      }

      private void grow(int more) {
        if (Math.addExact(used, more) > bytes.length) {
          bytes = Arrays.copyOf(bytes, Math.max(used + more, Math.min(full, 2 * used)));
          view = ShardPlan.view(bytes);
        }
      }

      boolean isFull() {
        return plan.frame().isFixed() ? used + plan.frame().stride() > bytes.length : used >= full;
      }

      byte[] content() {
        return used == bytes.length ? bytes : Arrays.copyOf(bytes, used);
      }
    }
  }
}
