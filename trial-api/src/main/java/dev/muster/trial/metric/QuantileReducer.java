package dev.muster.trial.metric;

import java.util.Arrays;

/** Quantiles from a histogram of all elements. */
final class QuantileReducer implements MergeableReducer<Histogram> {
  private static final long serialVersionUID = 1L;

  /** The bins in memory, at most. */
  static final int BINS = 8192;

  private final double[] shares;
  private final boolean scalar;
  private final int bins;

  private QuantileReducer(double[] shares, boolean scalar, int bins) {
    this.shares = shares;
    this.scalar = scalar;
    this.bins = bins;
  }

  static QuantileReducer scalar(double share, int bins) {
    return new QuantileReducer(new double[] {share}, true, bins);
  }

  static QuantileReducer array(double[] shares, int bins) {
    return new QuantileReducer(shares.clone(), false, bins);
  }

  @Override
  public Histogram empty() {
    return Histogram.empty(1);
  }

  @Override
  public Histogram accumulate(Histogram soFar, BatchValues batch) {
    double[] values = batch.value().asDoubles();
    ElementWeights weights = ElementWeights.of(batch, values.length);
    return soFar.plus(Histogram.of(1, new Elements(values, weights)), bins);
  }

  private static final class Elements implements Histogram.Entries {
    private final double[] values;
    private final ElementWeights weights;

    Elements(double[] values, ElementWeights weights) {
      this.values = values;
      this.weights = weights;
    }

    @Override
    public int count() {
      return values.length;
    }

    @Override
    public double number(int entry) {
      return values[entry];
    }

    @Override
    public int kind(int entry) {
      return 0;
    }

    @Override
    public double weight(int entry) {
      return weights.of(entry);
    }
  }

  @Override
  public Histogram merge(Histogram a, Histogram b) {
    return a.plus(b, bins);
  }

  @Override
  public MetricValue result(Histogram merged) {
    double[] quantiles = Arrays.stream(shares).map(share -> quantile(merged, share)).toArray();
    return scalar ? MetricValue.scalar(quantiles[0]) : MetricValue.array(quantiles);
  }

  private static double quantile(Histogram values, double share) {
    if (values.isUnknown() || values.bins() == 0) {
      return Double.NaN;
    }
    double wanted = share * values.weight(0);
    double weight = 0;
    for (int bin = 0; bin < values.bins(); bin++) {
      weight += values.weight(0, bin);
      if (weight >= wanted) {
        return values.lowerEnd(bin);
      }
    }
    return values.lowerEnd(values.bins() - 1); // weights summed in another order
  }
}
