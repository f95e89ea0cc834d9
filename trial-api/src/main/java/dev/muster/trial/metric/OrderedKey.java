package dev.muster.trial.metric;

/**
 * Numbers as longs in the same order. Two numbers whose keys agree but for their last {@code s}
 * bits are closer to each other than 2<sup>s-50</sup> of themselves; from 0.5 to 1, where scores
 * pile up, also than 2<sup>s-50</sup> of their distance from 1. So probabilities have the same
 * resolution at both ends. Float32 numbers keep all their bits, float64 numbers all but the last
 * one.
 */
final class OrderedKey {
  private static final long HALF = magnitude(0.5);
  private static final long ONE = magnitude(1);

  private OrderedKey() {}

  /** The key of a number that is not NaN; of 0 and -0 it is the same. */
  static long of(double number) {
    if (number < 0) {
      return -magnitude(-number);
    }
    if (number < 0.5) {
      return magnitude(number);
    }
    return number <= 1 ? 2 * HALF - magnitude(1 - number) : 2 * HALF + magnitude(number) - ONE;
  }

  /** The number of a key. */
  static double number(long key) {
    if (key < 0) {
      return -ofMagnitude(-key);
    }
    if (key < HALF) {
      return ofMagnitude(key);
    }
    return key <= 2 * HALF ? 1 - ofMagnitude(2 * HALF - key) : ofMagnitude(key - 2 * HALF + ONE);
  }

  private static long magnitude(double number) {
    return Double.doubleToRawLongBits(number + 0.0) >>> 1; // -0 + 0 is 0
  }

  private static double ofMagnitude(long magnitude) {
    return Double.longBitsToDouble(magnitude << 1);
  }
}
