package dev.muster.job.spark;

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
        plan.encode(row, block.view, block.used);
      } catch (ShardValueException e) {
        fault("record " + record + ": " + e.getMessage() + " at the second reading alone");
        return;
      }
      record++;
      meter.record();
      block.used += plan.stride();
      if (block.used == block.bytes.length) {
        open.remove(bucket);
        closed.add(block.bytes);
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
        open.values().forEach(block -> closed.add(Arrays.copyOf(block.bytes, block.used)));
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

    /** A block that is being filled. */
    private final class Block {
      final byte[] bytes;
      final ByteBuffer view;
      int used = ShardKey.BYTES;

      Block(int bucket) {
        long left = (end - record + plan.partitions() - 1) / plan.partitions();
        int records = (int) Math.min(plan.blockRecords(), left);
        bytes = new byte[Math.addExact(used, Math.multiplyExact(records, plan.stride()))];
        new ShardKey(bucket, record / plan.partitions()).write(bytes);
        view = ShardPlan.view(bytes);
      }
    }
  }
}
