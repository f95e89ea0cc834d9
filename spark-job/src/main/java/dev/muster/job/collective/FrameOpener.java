package dev.muster.job.collective;

import java.nio.ByteBuffer;
import javax.crypto.AEADBadTagException;

/** Frames as they come in encrypted; see {@link FrameSealer}. Confined to the wire's thread. */
final class FrameOpener {
  private final RecordCipher cipher;
  private final ByteBuffer header =
      ByteBuffer.allocateDirect(Header.BYTES + RecordCipher.TAG_BYTES);
  private final ByteBuffer payload =
      ByteBuffer.allocateDirect(Flow.CHUNK_BYTES + RecordCipher.TAG_BYTES);
  private final ByteBuffer[] wire = {header, payload};

  FrameOpener(RecordCipher cipher) {
    this.cipher = cipher;
  }

  /** The next frame has a payload of this length, or is none that this rank expects. */
  void expect(int length) {
    header.clear();
    payload.clear().limit(length == 0 ? 0 : length + RecordCipher.TAG_BYTES);
  }

  /** Where to put what comes over the wire: the header's record and the payload's. */
  ByteBuffer[] wire() {
    return wire;
  }

  /** Opens the header's record, which is complete. */
  void openHeader(ByteBuffer into) throws AEADBadTagException {
    cipher.next(header.flip(), into);
  }

  /** Opens the payload's record, which is complete. */
  void openPayload(ByteBuffer into) throws AEADBadTagException {
    if (into.hasRemaining()) {
      cipher.next(payload.flip(), into);
    }
  }
}
