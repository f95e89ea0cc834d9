package dev.muster.trial.metric;

/** The share of examples whose label is among the classes with the k largest scores. */
final class AccuracyReducer extends SumsReducer {
  private static final long serialVersionUID = 1L;

  private final int k;

  AccuracyReducer(int k) {
    super(2);
    this.k = k;
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    ClassScores scores = new ClassScores(batch);
    ElementWeights weights = ElementWeights.of(batch, scores.examples());
    for (int i = 0; i < scores.examples(); i++) {
      double weight = weights.of(i);
      if (weight == 0) {
        continue;
      }
      if (scores.isUnknown(i)) {
        soFar[0] = Double.NaN;
      } else if (scores.rankOfLabel(i) < k) {
        soFar[0] += weight;
      }
      soFar[1] += weight;
    }
    return soFar;
  }

  @Override
  public MetricValue result(double[] merged) {
    return MetricValue.scalar(merged[0] / merged[1]);
  }
}
