package dev.muster.trial.metric;

/** A state of sums in double precision; whole numbers stay exact up to 2^53. */
abstract class SumsReducer implements MergeableReducer<double[]> {
  private static final long serialVersionUID = 1L;

  private final int sums;

  /** A state of this many sums, all 0 at first. */
  SumsReducer(int sums) {
    this.sums = sums;
  }

  @Override
  public final double[] empty() {
    return new double[sums];
  }

  /** Adds element by element. */
  @Override
  public double[] merge(double[] a, double[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += b[i];
    }
    return a;
  }
}
