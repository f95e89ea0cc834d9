package dev.muster.job.collective;

import java.nio.ByteBuffer;
import javax.crypto.AEADBadTagException;

/**
 * Frames as they go out encrypted: the header is one record, and what follows, unless it is empty,
 * another, so that a frame of another length than the peer expects still tells what it is. Confined
 * to the wire's thread.
 */
final class FrameSealer {
  private final RecordCipher cipher;
  private final ByteBuffer sealed =
      ByteBuffer.allocateDirect(Header.BYTES + Flow.CHUNK_BYTES + 2 * RecordCipher.TAG_BYTES);
  private final ByteBuffer[] wire = {sealed};

  FrameSealer(RecordCipher cipher) {
    this.cipher = cipher;
    sealed.limit(0);
  }

  /** Takes over all that remains of a header and its payload. */
  void seal(ByteBuffer[] frame) {
    sealed.clear();
    try {
      cipher.next(frame[0], sealed);
      if (frame[1].hasRemaining()) {
        cipher.next(frame[1], sealed);
      }
    } catch (AEADBadTagException e) {
      throw new IllegalStateException("Cannot encrypt a frame", e); // only opening checks tags
    }
    sealed.flip();
  }

  /** What goes over the wire. */
  ByteBuffer[] wire() {
    return wire;
  }
}
