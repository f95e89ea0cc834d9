package dev.muster.examples.digits;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One image of a digit, drawn from random strokes: the same for the same seed and index on every
 * machine.
 *
 * @param digit 0 to 9
 * @param pixels {@code [28 × 28]} unsigned bytes by rows; 0 is paper and 255 is ink
 */
record DrawnDigit(int digit, byte[] pixels) {
  /** Pixels in a row, and rows. */
  static final int SIDE = 28;

  /** Pixels of an image. */
  static final int PIXELS = SIDE * SIDE;

  private static final double GLYPH_PIXELS = 20;

  /**
   * Draws an image; which digit it shows is drawn too.
   *
   * @param seed of the data set
   * @param index of the image in the data set
   */
  static DrawnDigit draw(long seed, long index) {
    SplittableRandom random = randomOf(seed, index);
    int digit = random.nextInt(10);
    return new DrawnDigit(digit, pixels(digit, random));
  }

  /** Neighbouring indices and seeds start far apart. */
  private static SplittableRandom randomOf(long seed, long index) {
    long start = new SplittableRandom(seed).nextLong() ^ (index * 0x9E3779B97F4A7C15L);
    return new SplittableRandom(new SplittableRandom(start).nextLong());
  }

  private static byte[] pixels(int digit, SplittableRandom random) {
    List<double[]> strokes = Glyph.strokes(digit, random);
    Hand hand = new Hand(random);
    strokes.forEach(hand::place);
    double halfWidth = 0.8 + 0.6 * random.nextDouble();
    double ink = 0.75 + 0.25 * random.nextDouble();
    double[] squares = squaredDistances(strokes, halfWidth + 0.5);
    byte[] pixels = new byte[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      double covered = Math.min(1, Math.max(0, halfWidth + 0.5 - Math.sqrt(squares[i])));
      double noise = 0.04 * Glyph.bell(random);
      double shade = Math.min(1, Math.max(0, covered * ink + noise));
      pixels[i] = (byte) Math.round(255 * shade);
    }
    return pixels;
  }

  /** From each pixel's centre to the nearest stroke; infinite where none is within the reach. */
  private static double[] squaredDistances(List<double[]> strokes, double reach) {
    double[] squares = new double[PIXELS];
    Arrays.fill(squares, Double.POSITIVE_INFINITY);
    for (double[] stroke : strokes) {
      for (int i = 0; i + 3 < stroke.length; i += 2) {
        near(squares, reach, stroke[i], stroke[i + 1], stroke[i + 2], stroke[i + 3]);
      }
    }
    return squares;
  }

  /** Takes one segment into account, for the pixels around it. */
  private static void near(
      double[] squares, double reach, double fromX, double fromY, double toX, double toY) {
    int top = pixel(Math.min(fromY, toY) - reach);
    int bottom = pixel(Math.max(fromY, toY) + reach);
    int left = pixel(Math.min(fromX, toX) - reach);
    int right = pixel(Math.max(fromX, toX) + reach);
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++) {
        double square = squareToSegment(x + 0.5 - fromX, y + 0.5 - fromY, toX - fromX, toY - fromY);
        squares[y * SIDE + x] = Math.min(squares[y * SIDE + x], square);
      }
    }
  }

  private static int pixel(double coordinate) {
    return Math.min(SIDE - 1, Math.max(0, (int) Math.floor(coordinate)));
  }

  /** The squared distance of (x, y) from the segment between the origin and (toX, toY). */
  private static double squareToSegment(double x, double y, double toX, double toY) {
    double length = toX * toX + toY * toY;
    double along = length == 0 ? 0 : Math.min(1, Math.max(0, (x * toX + y * toY) / length));
    double offX = x - along * toX;
    double offY = y - along * toY;
    return offX * offX + offY * offY;
  }

  /** How one writer holds the pen: scale, slant, turn, place and wobble of the whole digit. */
  private static final class Hand {
    private final double scaleX;
    private final double scaleY;
    private final double slant;
    private final double turn;
    private final double left;
    private final double top;
    private final double wobble;
    private final double phaseX;
    private final double phaseY;

    Hand(SplittableRandom random) {
      double scale = GLYPH_PIXELS * (0.85 + 0.25 * random.nextDouble());
      scaleX = scale * (0.85 + 0.3 * random.nextDouble());
      scaleY = scale;
      slant = 0.15 * Glyph.bell(random);
      turn = 0.1 * Glyph.bell(random);
      left = SIDE / 2.0 + 1.5 * (2 * random.nextDouble() - 1);
      top = SIDE / 2.0 + 1.5 * (2 * random.nextDouble() - 1);
      wobble = 0.03 * random.nextDouble();
      phaseX = 2 * Math.PI * random.nextDouble();
      phaseY = 2 * Math.PI * random.nextDouble();
    }

    /** From the glyph's box to pixels, in place. */
    void place(double[] stroke) {
      for (int i = 0; i < stroke.length; i += 2) {
        double x = stroke[i] - 0.5 + wobble * StrictMath.sin(6 * stroke[i + 1] + phaseX);
        double y = stroke[i + 1] - 0.5 + wobble * StrictMath.sin(6 * stroke[i] + phaseY);
        double slanted = (x - slant * y) * scaleX;
        double tall = y * scaleY;
        stroke[i] = left + slanted * StrictMath.cos(turn) - tall * StrictMath.sin(turn);
        stroke[i + 1] = top + slanted * StrictMath.sin(turn) + tall * StrictMath.cos(turn);
      }
    }
  }
}
