package dev.muster.trial.metric;

/** The smallest or the largest element; the state is empty or that element. */
final class ExtremeReducer implements MergeableReducer<double[]> {
  private static final long serialVersionUID = 1L;

  /** Which end of the values. */
  enum End {
    MIN,
    MAX;

    double of(double a, double b) {
      return this == MIN ? Math.min(a, b) : Math.max(a, b);
    }
  }

  private final End end;

  ExtremeReducer(End end) {
    this.end = end;
  }

  @Override
  public double[] empty() {
    return new double[0];
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    double[] values = batch.value().asDoubles();
    ElementWeights weights = ElementWeights.of(batch, values.length);
    double[] state = soFar;
    for (int i = 0; i < values.length; i++) {
      if (weights.of(i) != 0) {
        state = merge(state, new double[] {values[i]});
      }
    }
    return state;
  }

  @Override
  public double[] merge(double[] a, double[] b) {
    if (a.length == 0 || b.length == 0) {
      return a.length == 0 ? b : a;
    }
    a[0] = end.of(a[0], b[0]);
    return a;
  }

  @Override
  public MetricValue result(double[] merged) {
    return MetricValue.scalar(merged.length == 0 ? Double.NaN : merged[0]);
  }
}
