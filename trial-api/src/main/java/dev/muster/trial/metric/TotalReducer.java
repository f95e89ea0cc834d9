package dev.muster.trial.metric;

/** The weighted sum of all elements. */
final class TotalReducer extends SumsReducer {
  private static final long serialVersionUID = 1L;

  TotalReducer() {
    super(1);
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    double[] values = batch.value().asDoubles();
    ElementWeights weights = ElementWeights.of(batch, values.length);
    for (int i = 0; i < values.length; i++) {
      double counts = weights.of(i);
      soFar[0] += counts == 0 ? 0 : values[i] * counts;
    }
    return soFar;
  }

  @Override
  public MetricValue result(double[] merged) {
    return MetricValue.scalar(merged[0]);
  }
}
