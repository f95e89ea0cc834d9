package dev.muster.benchmarks;

import java.util.SplittableRandom;

/** Random images and digits: what they show does not matter to a clock. */
final class Images {
  static final int PIXELS = 784;
  static final int DIGITS = 10;
  static final int RECORDS = 10_000;

  private Images() {}

  /** The pixels of an image, from 0 to 1. */
  static float[] pixels(long index) {
    SplittableRandom random = new SplittableRandom(index);
    float[] pixels = new float[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      pixels[i] = random.nextInt(256) / 255f;
    }
    return pixels;
  }

  static long digit(long index) {
    return index % DIGITS;
  }
}
