package dev.muster.examples.digits;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The strokes of one digit as a person might write it: polylines in a box of width and height 1, x
 * to the right and y downwards. The ways of writing it, and small differences within each, are
 * drawn at random.
 */
final class Glyph {
  private final SplittableRandom random;
  private final List<double[]> strokes = new ArrayList<>();

  private Glyph(SplittableRandom random) {
    this.random = random;
  }

  /**
   * The strokes of a digit.
   *
   * @param digit 0 to 9
   * @return polylines, each as x0, y0, x1, y1 …
   */
  static List<double[]> strokes(int digit, SplittableRandom random) {
    Glyph glyph = new Glyph(random);
    glyph.write(digit);
    return glyph.strokes;
  }

  private void write(int digit) {
    switch (digit) {
      case 0 -> zero();
      case 1 -> one();
      case 2 -> two();
      case 3 -> three();
      case 4 -> four();
      case 5 -> five();
      case 6 -> six();
      case 7 -> seven();
      case 8 -> eight();
      case 9 -> nine();
      default -> throw new IllegalArgumentException("Cannot draw digit " + digit);
    }
  }

  private void zero() {
    double start = 240 + 60 * random.nextDouble();
    arc(0.5, 0.5, 0.24 + 0.08 * random.nextDouble(), 0.42, start, start + 350);
  }

  private void one() {
    line(0.5, 0.08, 0.5, 0.92);
    if (often(0.4)) {
      line(0.34, 0.26, 0.5, 0.08);
      if (often(0.5)) {
        line(0.32, 0.92, 0.68, 0.92);
      }
    }
  }

  private void two() {
    arc(0.5, 0.31, 0.27, 0.22, 190, 395);
    line(0.72, 0.44, 0.24, 0.92);
    line(0.24, 0.92, 0.78, 0.92);
  }

  private void three() {
    arc(0.46, 0.29, 0.26, 0.21, 200, 450);
    arc(0.46, 0.71, 0.29, 0.21, 270, 520);
  }

  private void four() {
    if (often(0.5)) {
      line(0.32, 0.1, 0.24, 0.55, 0.8, 0.55);
      line(0.64, 0.28, 0.62, 0.92);
    } else {
      line(0.6, 0.92, 0.6, 0.08, 0.2, 0.62, 0.82, 0.62);
    }
  }

  private void five() {
    line(0.76, 0.1, 0.35, 0.1, 0.31, 0.46);
    arc(0.47, 0.66, 0.27, 0.25, 235, 500);
  }

  private void six() {
    arc(0.66, 0.64, 0.4, 0.56, 270, 180);
    arc(0.49, 0.69, 0.23, 0.22, 180, 540);
  }

  private void seven() {
    line(0.24, 0.1, 0.76, 0.1, 0.42, 0.92);
    if (often(0.3)) {
      line(0.38, 0.5, 0.7, 0.5);
    }
  }

  private void eight() {
    arc(0.5, 0.29, 0.21, 0.2, 90, 450);
    arc(0.5, 0.71, 0.25, 0.21, -90, 270);
  }

  private void nine() {
    arc(0.51, 0.31, 0.23, 0.22, 0, 360);
    if (often(0.5)) {
      line(0.74, 0.31, 0.68, 0.92);
    } else {
      arc(0.36, 0.31, 0.38, 0.6, 0, 75);
    }
  }

  /**
   * Near 0, between -3 and 3, with variance 1: a sum of three, since {@code nextGaussian} may
   * change with the JDK.
   */
  static double bell(SplittableRandom random) {
    return 2 * (random.nextDouble() + random.nextDouble() + random.nextDouble()) - 3;
  }

  private boolean often(double probability) {
    return random.nextDouble() < probability;
  }

  /** Straight lines from point to point, their corners a little off. */
  private void line(double... points) {
    double[] stroke = points.clone();
    for (int i = 0; i < stroke.length; i++) {
      stroke[i] += 0.03 * bell(random);
    }
    strokes.add(stroke);
  }

  /** A part of an ellipse, from angle to angle in degrees, where 0 is right and 90 is down. */
  private void arc(double x, double y, double radiusX, double radiusY, double from, double to) {
    double centreX = x + 0.015 * bell(random);
    double centreY = y + 0.015 * bell(random);
    double width = radiusX * (1 + 0.08 * bell(random));
    double height = radiusY * (1 + 0.08 * bell(random));
    double first = Math.toRadians(from + 8 * bell(random));
    double last = Math.toRadians(to + 8 * bell(random));
    int pieces = 4 + (int) (Math.abs(last - first) * 3);
    double[] stroke = new double[2 * (pieces + 1)];
    for (int i = 0; i <= pieces; i++) {
      double angle = first + (last - first) * i / pieces;
      stroke[2 * i] = centreX + width * StrictMath.cos(angle);
      stroke[2 * i + 1] = centreY + height * StrictMath.sin(angle);
    }
    strokes.add(stroke);
  }
}
