package dev.muster.job.spark;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.api.java.function.Function2;

/**
 * Joins the sorted blocks of a partition to chunks of up to 4 MiB, the elements of the persisted
 * RDD. After a fault comes an empty chunk, then its message, then nothing.
 */
final class ShardChunks implements Function2<Integer, Iterator<byte[]>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;

  private final ShardPlan plan;

  ShardChunks(ShardPlan plan) {
    this.plan = plan;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<byte[]> blocks) {
    return new Chunks(plan, plan.partitionRecords(partition), blocks);
  }

  private static final class Chunks implements Iterator<byte[]> {
    private final ShardPlan plan;
    private final long records;
    private final Iterator<byte[]> blocks;
    private final Queue<byte[]> closed = new ArrayDeque<>();
    private byte[] chunk = {};
    private int used;
    private long joined;
    private boolean over;

    Chunks(ShardPlan plan, long records, Iterator<byte[]> blocks) {
      this.plan = plan;
      this.records = records;
      this.blocks = blocks;
    }

    @Override
    public boolean hasNext() {
      while (closed.isEmpty() && !over) {
        if (blocks.hasNext()) {
          join(blocks.next());
        } else {
          over = true;
          if (joined != records) {
            fault("of " + records + " records of a partition " + joined + " came");
          }
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

    private void join(byte[] block) {
      ShardKey key = ShardKey.read(block);
      int count = (block.length - ShardKey.BYTES) / plan.stride();
      if (key.equals(ShardKey.FAULT)) {
        fault(
            new String(
                block, ShardKey.BYTES, block.length - ShardKey.BYTES, StandardCharsets.UTF_8));
      } else if (key.first() != joined || joined + count > records) {
        fault("record " + joined + " of a partition is missing, or comes twice");
      } else {
        append(block);
        joined += count;
      }
    }

    private void append(byte[] block) {
      for (int from = ShardKey.BYTES; from < block.length; ) {
        if (used == chunk.length) {
          long done = joined + (from - ShardKey.BYTES) / plan.stride();
          int chunkRecords = (int) Math.min(plan.chunkRecords(), records - done);
          chunk = new byte[chunkRecords * plan.stride()];
          used = 0;
        }
        int length = Math.min(block.length - from, chunk.length - used);
        System.arraycopy(block, from, chunk, used, length);
        from += length;
        used += length;
        if (used == chunk.length) {
          closed.add(chunk);
        }
      }
    }

    private void fault(String message) {
      over = true;
      closed.addAll(Arrays.asList(new byte[0], message.getBytes(StandardCharsets.UTF_8)));
    }
  }
}
