package dev.muster.job.data;

/**
 * A keyed bijection of {@code [0, size)}, computed on the fly: a Feistel network over the next even
 * number of bits, walked until it falls into the domain (Black and Rogaway, <i>Ciphers with
 * arbitrary finite domains</i>, 2002). Needs no memory, whatever the size. Immutable.
 */
final class Permutation {
  private static final int ROUNDS = 6;

  private final long size;
  private final long key;
  private final int halfBits;

  Permutation(long size, long key) {
    this.size = size;
    this.key = key;
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(size - 1, 1));
    this.halfBits = (bits + 1) / 2;
  }

  /** The number at this place. */
  long at(long place) {
    if (size == 1) {
      return 0;
    }
    long value = place;
    do {
      value = encrypt(value);
    } while (value >= size);
    return value;
  }

  private long encrypt(long value) {
    long mask = (1L << halfBits) - 1;
    long left = value >>> halfBits;
    long right = value & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (mix(key, round, right) & mask);
      left = right;
      right = next;
    }
    return (left << halfBits) | right;
  }

  /** A hash of a sequence of numbers: SplitMix64's finalizer after each of them. */
  static long mix(long... values) {
    long hash = 0;
    for (long value : values) {
      hash = mix(hash, value);
    }
    return hash;
  }

  private static long mix(long key, long round, long value) {
    return mix(mix(key, round), value);
  }

  private static long mix(long hash, long value) {
    long z = (hash ^ value) + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
