package dev.muster.examples.digits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DrawnDigitTest {
  @Test
  void sameSeedAndIndexDrawTheSameImage() {
    for (int index = 0; index < 50; index++) {
      DrawnDigit once = DrawnDigit.draw(3, index);
      DrawnDigit again = DrawnDigit.draw(3, index);
      assertThat(again.digit()).isEqualTo(once.digit());
      assertThat(again.pixels()).isEqualTo(once.pixels());
    }
  }

  @Test
  void drawingIsTheSameOnEveryMachine() {
    int hash =
        IntStream.range(0, 20).map(i -> Arrays.hashCode(DrawnDigit.draw(1, i).pixels())).sum();
    assertThat(hash).isEqualTo(1764421726);
  }

  @Test
  void otherSeedsAndIndicesDrawOtherImages() {
    assertThat(DrawnDigit.draw(1, 0).pixels()).isNotEqualTo(DrawnDigit.draw(1, 1).pixels());
    assertThat(DrawnDigit.draw(1, 0).pixels()).isNotEqualTo(DrawnDigit.draw(2, 0).pixels());
  }

  @Test
  void eachImageHasInkAndPaperAndItsMargin() {
    for (int index = 0; index < 1_000; index++) {
      byte[] pixels = DrawnDigit.draw(1, index).pixels();
      long inked = inked(pixels, 0, DrawnDigit.PIXELS);
      assertThat(inked).as("image %d", index).isBetween(15L, 350L);
      assertThat(inked(pixels, 0, DrawnDigit.SIDE)).as("first row of %d", index).isZero();
    }
  }

  private static long inked(byte[] pixels, int from, int to) {
    return IntStream.range(from, to).filter(i -> Byte.toUnsignedInt(pixels[i]) > 127).count();
  }

  @Test
  void allTenDigitsAreDrawnAboutEquallyOften() {
    int[] count = new int[10];
    for (int index = 0; index < 2_000; index++) {
      count[DrawnDigit.draw(1, index).digit()]++;
    }
    assertThat(count)
        .satisfies(counts -> Arrays.stream(counts).forEach(n -> assertThat(n).isBetween(150, 250)));
  }

  /** If the nearest mean image finds the digit most of the time, a network can learn it. */
  @Test
  void nearestCentroidReadsMostOfThem() {
    double[][] centroids = new double[10][DrawnDigit.PIXELS];
    int[] count = new int[10];
    for (int index = 0; index < 2_000; index++) {
      DrawnDigit drawn = DrawnDigit.draw(1, index);
      count[drawn.digit()]++;
      for (int i = 0; i < DrawnDigit.PIXELS; i++) {
        centroids[drawn.digit()][i] += Byte.toUnsignedInt(drawn.pixels()[i]);
      }
    }
    for (int digit = 0; digit < 10; digit++) {
      for (int i = 0; i < DrawnDigit.PIXELS; i++) {
        centroids[digit][i] /= count[digit];
      }
    }
    int right = 0;
    for (int index = 0; index < 1_000; index++) {
      DrawnDigit drawn = DrawnDigit.draw(2, index);
      right += nearest(centroids, drawn.pixels()) == drawn.digit() ? 1 : 0;
    }
    assertThat(right / 1_000.0).isGreaterThan(0.7);
  }

  private static int nearest(double[][] centroids, byte[] pixels) {
    int nearest = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int digit = 0; digit < centroids.length; digit++) {
      double distance = 0;
      for (int i = 0; i < pixels.length; i++) {
        double difference = centroids[digit][i] - Byte.toUnsignedInt(pixels[i]);
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        nearest = digit;
      }
    }
    return nearest;
  }
}
