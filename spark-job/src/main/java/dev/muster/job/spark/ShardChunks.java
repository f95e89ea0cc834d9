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
          close();
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
      if (key.equals(ShardKey.FAULT)) {
        fault(
            new String(
                block, ShardKey.BYTES, block.length - ShardKey.BYTES, StandardCharsets.UTF_8));
        return;
      }
      int count = 0;
      for (int at = ShardKey.BYTES; at < block.length; at += plan.frame().recordBytes(block, at)) {
        count++;
      }
      if (key.first() != joined || joined + count > records) {
        fault("record " + joined + " of a partition is missing, or comes twice");
        return;
      }
      append(block);
      joined += count;
    }

    /** A chunk ends with a block, so that records stay whole. */
    private void append(byte[] block) {
      int length = block.length - ShardKey.BYTES;
      if (used + length > chunk.length) {
        close();
        chunk = new byte[Math.max(length, plan.chunkBytes())];
      }
      System.arraycopy(block, ShardKey.BYTES, chunk, used, length);
      used += length;
    }

    private void close() {
      if (used > 0) {
        closed.add(used == chunk.length ? chunk : Arrays.copyOf(chunk, used));
      }
      chunk = new byte[0];
      used = 0;
    }

    private void fault(String message) {
      over = true;
      closed.addAll(Arrays.asList(new byte[0], message.getBytes(StandardCharsets.UTF_8)));
    }
  }
}
