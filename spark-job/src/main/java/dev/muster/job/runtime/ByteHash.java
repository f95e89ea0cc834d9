package dev.muster.job.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tensorflow.Tensor;

/**
 * A 64-bit hash of a tensor's bytes, to tell values that differ by accident: four lanes of multiply
 * and rotate, as xxHash64 does it. Not for whoever must withstand an attacker.
 */
final class ByteHash {
  private static final long PRIME_1 = 0x9e3779b185ebca87L;
  private static final long PRIME_2 = 0xc2b2ae3d27d4eb4fL;

  private ByteHash() {}

  static long of(Tensor tensor) {
    return of(TensorFlowInternals.memory(tensor));
  }

  /** Of the bytes from position to limit, which stay as they are. */
  static long of(ByteBuffer buffer) {
    ByteBuffer bytes = buffer.duplicate().order(ByteOrder.nativeOrder());
    long a = PRIME_1;
    long b = PRIME_2;
    long c = 1;
    long d = -PRIME_1;
    int at = bytes.position();
    for (; at + 32 <= bytes.limit(); at += 32) {
      a = round(a, bytes.getLong(at));
      b = round(b, bytes.getLong(at + 8));
      c = round(c, bytes.getLong(at + 16));
      d = round(d, bytes.getLong(at + 24));
    }
    long hash = round(round(round(round(bytes.remaining(), a), b), c), d);
    for (; at < bytes.limit(); at++) {
      hash = round(hash, bytes.get(at));
    }
    hash = (hash ^ (hash >>> 33)) * PRIME_2;
    return hash ^ (hash >>> 29);
  }

  private static long round(long lane, long next) {
    return Long.rotateLeft(lane + next * PRIME_2, 31) * PRIME_1;
  }
}
