package dev.muster.job.collective;

import java.nio.ByteBuffer;

/** A ring all-gather: every rank's block ends up on every rank. */
final class GatherFlow extends Flow {
  private final Phase phase;
  private final int rank;
  private final ByteBuffer[] blocks;

  /** Block {@code r} of the array is rank r's; all are whole buffers, from 0 to their capacity. */
  GatherFlow(Phase phase, int rank, ByteBuffer[] blocks) {
    this.phase = phase;
    this.rank = rank;
    this.blocks = blocks;
  }

  GatherFlow start() {
    start(0, blocks.length - 1, blocks.length - 1);
    return this;
  }

  @Override
  Phase phase(int hop) {
    return phase;
  }

  @Override
  int part(int block) {
    return Math.floorMod(rank - block, blocks.length);
  }

  @Override
  int length(int block) {
    return blocks[part(block)].capacity();
  }

  @Override
  long total(int block) {
    return length(block);
  }

  /**
   * Not a view: the block itself. One frame of a block may come in while an earlier one goes out,
   * so blocks of more than one frame are sliced.
   */
  @Override
  ByteBuffer outgoing(int block, int offset, int length) {
    return window(block, offset, length);
  }

  @Override
  ByteBuffer incoming(int block, int offset, int length) {
    return window(block, offset, length);
  }

  private ByteBuffer window(int block, int offset, int length) {
    ByteBuffer whole = blocks[part(block)];
    return length == whole.capacity() ? whole.clear() : whole.slice(offset, length);
  }
}
