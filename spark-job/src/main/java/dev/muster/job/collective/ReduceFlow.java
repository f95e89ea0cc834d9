package dev.muster.job.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * A ring all-reduce, out of place: N-1 hops in which a segment collects the ranks' products, then
 * N-1 hops in which the finished segments go round (Patarasuk and Yuan, Bandwidth optimal
 * all-reduce algorithms for clusters of workstations, 2009). The input is read once, where its
 * product is needed.
 */
final class ReduceFlow extends Flow {
  private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

  private final int rank;
  private final int size;
  private final ByteBuffer scratch =
      ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.nativeOrder());
  private final FloatBuffer scratchFloats = scratch.asFloatBuffer();

  private int elements;
  private int base;
  private float weight;
  private ByteBuffer out = EMPTY;
  private ByteBuffer in = EMPTY;
  private FloatBuffer input = scratchFloats;
  private FloatBuffer output = scratchFloats;

  ReduceFlow(int rank, int size) {
    this.rank = rank;
    this.size = size;
  }

  ReduceFlow start(ByteBuffer inputBytes, float factor, ByteBuffer outputBytes) {
    elements = inputBytes.remaining() / Float.BYTES;
    base = outputBytes.position();
    weight = factor;
    input = inputBytes.asFloatBuffer();
    output = outputBytes.asFloatBuffer();
    out = outputBytes.duplicate();
    in = outputBytes.duplicate();
    Floats.scale(input, weight, output, from(part(0)), from(part(0) + 1));
    start(0, 2 * (size - 1), 2 * (size - 1));
    return this;
  }

  /** Lets go of the caller's buffers. */
  void release() {
    input = scratchFloats;
    output = scratchFloats;
    out = EMPTY;
    in = EMPTY;
  }

  @Override
  Phase phase(int hop) {
    return Phase.REDUCE;
  }

  @Override
  int part(int block) {
    return Math.floorMod(rank - block, size);
  }

  @Override
  int length(int block) {
    int segment = part(block);
    return (from(segment + 1) - from(segment)) * Float.BYTES;
  }

  @Override
  long total(int block) {
    return (long) elements * Float.BYTES;
  }

  @Override
  ByteBuffer outgoing(int block, int offset, int length) {
    return window(out, block, offset, length);
  }

  @Override
  ByteBuffer incoming(int block, int offset, int length) {
    return adds(block) ? scratch.clear().limit(length) : window(in, block, offset, length);
  }

  @Override
  void arrived(int block, int offset, int length) {
    if (adds(block)) {
      int from = from(part(block)) + offset / Float.BYTES;
      Floats.add(scratchFloats, input, weight, output, from, from + length / Float.BYTES);
    }
  }

  private boolean adds(int block) {
    return block < size;
  }

  private int from(int segment) {
    return segment * (elements / size) + Math.min(segment, elements % size);
  }

  private ByteBuffer window(ByteBuffer view, int block, int offset, int length) {
    int from = base + from(part(block)) * Float.BYTES + offset;
    return view.limit(from + length).position(from);
  }
}
