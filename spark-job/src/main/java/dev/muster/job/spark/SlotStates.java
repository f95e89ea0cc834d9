package dev.muster.job.spark;

import java.util.Iterator;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Where the metric states of one slot are: here, when they are small, or in a block that the slot
 * left in its executor's block manager. Crosses as the bytes of {@link #encode}.
 *
 * @param here the states, empty when they are in a block
 * @param rddId of the block
 * @param partition of the block
 * @param length of the states
 * @param checksum CRC-32C of the states
 */
record SlotStates(Blob here, int rddId, int partition, int length, long checksum) {
  /** What travels in a report; larger states go into a block. */
  static final int MAX_INLINE_BYTES = 1 << 20;

  private static final int CHUNK_BYTES = 4 << 20;

  /** States that are kept here, or left in a block on the executor of the thread's task. */
  static SlotStates keep(byte[] states, int rddId, int partition) {
    if (states.length <= MAX_INLINE_BYTES) {
      return new SlotStates(Blob.of(states), rddId, partition, states.length, checksum(states));
    }
    ScalaBridge.putBlock(rddId, partition, new Chunks(states));
    return new SlotStates(Blob.EMPTY, rddId, partition, states.length, checksum(states));
  }

  /** True when the states are in a block. */
  boolean isInBlock() {
    return length > MAX_INLINE_BYTES;
  }

  /**
   * The states; empty when no executor has their block any more. On the thread of a task, when they
   * are in a block.
   */
  Optional<byte[]> read() {
    return isInBlock()
        ? ScalaBridge.block(rddId, partition).flatMap(this::joined)
        : Optional.of(here.bytes());
  }

  private Optional<byte[]> joined(Iterator<byte[]> chunks) {
    byte[] states = new byte[length];
    int size = 0;
    while (chunks.hasNext()) { // to its end, or the block stays locked
      byte[] chunk = chunks.next();
      if (chunk.length <= length - size) {
        System.arraycopy(chunk, 0, states, size, chunk.length);
      }
      size += chunk.length;
    }
    return size == length && checksum(states) == checksum ? Optional.of(states) : Optional.empty();
  }

  private static long checksum(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return checksum.getValue();
  }

  byte[] encode() {
    WireWriter out = new WireWriter();
    out.writeBlob(here);
    out.writeInt(rddId);
    out.writeInt(partition);
    out.writeInt(length);
    out.writeLong(checksum);
    return out.toBytes();
  }

  static SlotStates decode(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    SlotStates states =
        new SlotStates(in.readBlob(), in.readInt(), in.readInt(), in.readInt(), in.readLong());
    in.expectEnd();
    return states;
  }

  /** The bytes in pieces that any serializer of Spark's takes. */
  private static final class Chunks implements Iterator<byte[]> {
    private final byte[] bytes;
    private int next;

    Chunks(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public boolean hasNext() {
      return next < bytes.length;
    }

    @Override
    public byte[] next() {
      if (!hasNext()) {
        throw new java.util.NoSuchElementException();
      }
      int from = next;
      next = Math.min(bytes.length, from + CHUNK_BYTES);
      return java.util.Arrays.copyOfRange(bytes, from, next);
    }
  }
}
