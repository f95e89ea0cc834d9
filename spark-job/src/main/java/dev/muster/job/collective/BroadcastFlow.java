package dev.muster.job.collective;

import java.nio.ByteBuffer;

/** A pipeline along the ring from the root to the rank on its left. */
final class BroadcastFlow extends Flow {
  private final int root;
  private final int start;
  private final int length;
  private final ByteBuffer out;
  private final ByteBuffer in;

  BroadcastFlow(int root, int rank, int size, ByteBuffer buffer) {
    this.root = root;
    this.start = buffer.position();
    this.length = buffer.remaining();
    this.out = buffer.duplicate();
    this.in = buffer.duplicate();
    int distance = Math.floorMod(rank - root, size);
    int sends = distance < size - 1 ? 1 : 0;
    int receives = distance > 0 ? 1 : 0;
    start(receives, receives + sends, receives);
  }

  @Override
  Phase phase(int hop) {
    return Phase.BROADCAST;
  }

  /** The root, so that ranks that disagree about it notice. */
  @Override
  int part(int block) {
    return root;
  }

  @Override
  int length(int block) {
    return length;
  }

  @Override
  long total(int block) {
    return length;
  }

  @Override
  ByteBuffer outgoing(int block, int offset, int length) {
    return window(out, offset, length);
  }

  @Override
  ByteBuffer incoming(int block, int offset, int length) {
    return window(in, offset, length);
  }

  private ByteBuffer window(ByteBuffer view, int offset, int length) {
    return view.limit(start + offset + length).position(start + offset);
  }
}
