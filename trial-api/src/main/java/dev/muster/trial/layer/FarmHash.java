package dev.muster.trial.layer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * FarmHash's Fingerprint64 (Geoff Pike, farmhashna): the hash of TensorFlow's {@code
 * StringToHashBucketFast}, needed while graphs are built.
 */
final class FarmHash {
  private static final long K0 = 0xc3a5c85c97cb3127L;
  private static final long K1 = 0xb492b66fbe98f273L;
  private static final long K2 = 0x9ae16a3b2f90404fL;

  private final ByteBuffer bytes;
  private final int length;

  private FarmHash(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.length = bytes.length;
  }

  /** What {@code StringToHashBucketFast} gives for as many buckets. */
  static long bucket(byte[] bytes, long buckets) {
    return Long.remainderUnsigned(fingerprint(bytes), buckets);
  }

  static long fingerprint(byte[] bytes) {
    FarmHash hash = new FarmHash(bytes);
    if (bytes.length <= 16) {
      return hash.upTo16();
    }
    if (bytes.length <= 32) {
      return hash.upTo32();
    }
    return bytes.length <= 64 ? hash.upTo64() : hash.longer();
  }

  private long at(int offset) {
    return bytes.getLong(offset);
  }

  private long intAt(int offset) {
    return bytes.getInt(offset) & 0xffffffffL;
  }

  private static long right(long value, int bits) {
    return Long.rotateRight(value, bits);
  }

  private static long shiftMix(long value) {
    return value ^ (value >>> 47);
  }

  private static long mix(long u, long v, long mul) {
    long a = shiftMix((u ^ v) * mul);
    long b = shiftMix((v ^ a) * mul);
    return b * mul;
  }

  private long upTo16() {
    long mul = K2 + length * 2L;
    if (length >= 8) {
      long a = at(0) + K2;
      long b = at(length - 8);
      return mix(right(b, 37) * mul + a, (right(a, 25) + b) * mul, mul);
    }
    if (length >= 4) {
      return mix(length + (intAt(0) << 3), intAt(length - 4), mul);
    }
    if (length > 0) {
      int a = bytes.get(0) & 0xff;
      int b = bytes.get(length >> 1) & 0xff;
      int c = bytes.get(length - 1) & 0xff;
      long y = a + ((long) b << 8);
      long z = length + ((long) c << 2);
      return shiftMix(y * K2 ^ z * K0) * K2;
    }
    return K2;
  }

  private long upTo32() {
    long mul = K2 + length * 2L;
    long a = at(0) * K1;
    long b = at(8);
    long c = at(length - 8) * mul;
    long d = at(length - 16) * K2;
    return mix(right(a + b, 43) + right(c, 30) + d, a + right(b + K2, 18) + c, mul);
  }

  private long upTo64() {
    long mul = K2 + length * 2L;
    long a = at(0) * K2;
    long b = at(8);
    long c = at(length - 8) * mul;
    long d = at(length - 16) * K2;
    long y = right(a + b, 43) + right(c, 30) + d;
    long z = mix(y, a + right(b + K2, 18) + c, mul);
    long e = at(16) * mul;
    long f = at(24);
    long g = (y + at(length - 32)) * mul;
    long h = (z + at(length - 24)) * mul;
    return mix(right(e + f, 43) + right(g, 30) + h, e + right(f + a, 18) + g, mul);
  }

  private long longer() {
    long seed = 81;
    long x = seed * K2 + at(0);
    long y = seed * K1 + 113;
    long z = shiftMix(y * K2 + 113) * K2;
    long[] v = new long[2];
    long[] w = new long[2];
    int end = (length - 1) / 64 * 64;
    int last = (length - 1) & 63;
    long mul = K1;
    for (int offset = 0; ; ) {
      boolean tail = offset == end;
      int place = tail ? length - 64 : offset;
      if (tail) {
        mul = K1 + ((z & 0xff) << 1);
        w[0] += last;
        v[0] += w[0];
        w[0] += v[0];
      }
      int factor = tail ? 9 : 1;
      x = right(x + y + v[0] + at(place + 8), 37) * mul;
      y = right(y + v[1] + at(place + 48), 42) * mul;
      x ^= w[1] * factor;
      y += v[0] * factor + at(place + 40);
      z = right(z + w[0], 33) * mul;
      weak(place, v[1] * mul, x + w[0], v);
      weak(place + 32, z + w[1], y + at(place + 16), w);
      long swapped = z;
      z = x;
      x = swapped;
      if (tail) {
        return mix(mix(v[0], w[0], mul) + shiftMix(y) * K0 + z, mix(v[1], w[1], mul) + x, mul);
      }
      offset += 64;
    }
  }

  private void weak(int offset, long seedA, long seedB, long[] result) {
    long a = seedA + at(offset);
    long b = right(seedB + a + at(offset + 24), 21);
    long c = a;
    a += at(offset + 8) + at(offset + 16);
    b += right(a, 44);
    result[0] = a + at(offset + 24);
    result[1] = b + c;
  }
}
