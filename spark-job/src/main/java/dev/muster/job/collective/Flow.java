package dev.muster.job.collective;

import java.nio.ByteBuffer;

/**
 * One operation as seen by one rank: blocks that pass along the ring.
 *
 * <p>Block 0 is this rank's own. Hop {@code h} sends block {@code h} to the right and receives
 * block {@code h + 1} from the left, so what comes in with one hop goes out with the next. Blocks
 * are cut into frames; a frame goes out as soon as it has come in, while later frames of the same
 * block are still on their way. An empty block is one empty frame. Reused; confined to the wire's
 * thread.
 */
abstract class Flow {
  /** The largest payload of a frame. */
  static final int CHUNK_BYTES = 256 << 10;

  private int outHop;
  private int outOffset;
  private int outEnd;
  private int inHop;
  private int inOffset;
  private int inEnd;

  /**
   * Starts the operation: hops {@code firstOut} to {@code outEnd - 1} send, 0 to {@code inEnd - 1}
   * receive.
   */
  final void start(int firstOut, int outEnd, int inEnd) {
    this.outHop = firstOut;
    this.outEnd = outEnd;
    this.outOffset = 0;
    this.inHop = 0;
    this.inEnd = inEnd;
    this.inOffset = 0;
  }

  /** The kind of the frames of a hop; the same hop has the same kind on all ranks. */
  abstract Phase phase(int hop);

  /** The number that the block has on all ranks. */
  abstract int part(int block);

  abstract int length(int block);

  /** A size that the ranks must agree on, for errors. */
  abstract long total(int block);

  /** The bytes of a block to send; the view is valid until the next call. */
  abstract ByteBuffer outgoing(int block, int offset, int length);

  /** Where to put the bytes of a block that the given hop receives; valid until the next call. */
  abstract ByteBuffer incoming(int block, int offset, int length);

  /** Told when a frame is complete. */
  void arrived(int block, int offset, int length) {}

  final boolean sending() {
    return outHop < outEnd;
  }

  final boolean receiving() {
    return inHop < inEnd;
  }

  /** Whether the next frame to send is there. */
  final boolean ready() {
    if (!sending()) {
      return false;
    }
    int source = outHop - 1;
    int length = outLength();
    return source < inHop || source == inHop && length > 0 && inOffset >= outOffset + length;
  }

  final Phase phase() {
    return phase(receiving() ? inHop : Math.max(0, outHop));
  }

  final ByteBuffer nextOut(Header header) {
    int length = outLength();
    header.phase = phase(outHop).code();
    header.part = part(outHop);
    header.total = total(outHop);
    header.length = length;
    return outgoing(outHop, outOffset, length);
  }

  final void sent() {
    outOffset += outLength();
    if (outOffset >= length(outHop)) {
      outHop++;
      outOffset = 0;
    }
  }

  final ByteBuffer nextIn(Header expected) {
    int block = inHop + 1;
    int length = inLength();
    expected.phase = phase(inHop).code();
    expected.part = part(block);
    expected.total = total(block);
    expected.length = length;
    return incoming(block, inOffset, length);
  }

  final void received() {
    int block = inHop + 1;
    int length = inLength();
    arrived(block, inOffset, length);
    inOffset += length;
    if (inOffset >= length(block)) {
      inHop++;
      inOffset = 0;
    }
  }

  private int outLength() {
    return Math.min(CHUNK_BYTES, length(outHop) - outOffset);
  }

  private int inLength() {
    return Math.min(CHUNK_BYTES, length(inHop + 1) - inOffset);
  }
}
