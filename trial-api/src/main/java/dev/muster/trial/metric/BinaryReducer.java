package dev.muster.trial.metric;

/** Counts by label and by whether the score is above a threshold. */
final class BinaryReducer extends SumsReducer {
  private static final long serialVersionUID = 1L;

  /** What is made of the counts. */
  enum Statistic {
    ACCURACY,
    PRECISION,
    RECALL,
    F1
  }

  private static final int TRUE_POSITIVES = 0;
  private static final int FALSE_POSITIVES = 1;
  private static final int FALSE_NEGATIVES = 2;
  private static final int TRUE_NEGATIVES = 3;

  private final Statistic statistic;
  private final double threshold;

  BinaryReducer(Statistic statistic, double threshold) {
    super(4);
    this.statistic = statistic;
    this.threshold = threshold;
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    BinaryScores scores = new BinaryScores(batch);
    for (int i = 0; i < scores.examples(); i++) {
      double weight = scores.weight(i);
      if (weight == 0) {
        continue;
      }
      double score = scores.score(i);
      boolean found = score > threshold;
      int cell =
          scores.isPositive(i)
              ? (found ? TRUE_POSITIVES : FALSE_NEGATIVES)
              : (found ? FALSE_POSITIVES : TRUE_NEGATIVES);
      soFar[cell] += Double.isNaN(score) ? Double.NaN : weight;
    }
    return soFar;
  }

  @Override
  public MetricValue result(double[] merged) {
    double hits = merged[TRUE_POSITIVES];
    double all = hits + merged[FALSE_POSITIVES] + merged[FALSE_NEGATIVES] + merged[TRUE_NEGATIVES];
    if (Double.isNaN(all) || all == 0) {
      return MetricValue.scalar(Double.NaN);
    }
    Hits counts = new Hits(hits, hits + merged[FALSE_POSITIVES], hits + merged[FALSE_NEGATIVES]);
    return MetricValue.scalar(
        switch (statistic) {
          case ACCURACY -> (hits + merged[TRUE_NEGATIVES]) / all;
          case PRECISION -> Hits.Ratio.PRECISION.of(counts);
          case RECALL -> Hits.Ratio.RECALL.of(counts);
          case F1 -> Hits.Ratio.F1.of(counts);
        });
  }
}
