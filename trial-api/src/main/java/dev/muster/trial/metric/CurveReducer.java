package dev.muster.trial.metric;

/**
 * The area under a curve of two classes, from the histograms of their scores. Examples in one bin
 * count as if they had equal scores.
 */
final class CurveReducer implements MergeableReducer<Histogram> {
  private static final long serialVersionUID = 1L;

  private static final int NEGATIVE = 0;
  private static final int POSITIVE = 1;

  /** Which curve. */
  enum Curve {
    ROC,
    PRECISION_RECALL
  }

  private final Curve curve;
  private final int bins;

  CurveReducer(Curve curve, int bins) {
    this.curve = curve;
    this.bins = bins;
  }

  @Override
  public Histogram empty() {
    return Histogram.empty(2);
  }

  @Override
  public Histogram accumulate(Histogram soFar, BatchValues batch) {
    return soFar.plus(Histogram.of(2, new Scores(new BinaryScores(batch))), bins);
  }

  private record Scores(BinaryScores scores) implements Histogram.Entries {
    @Override
    public int count() {
      return scores.examples();
    }

    @Override
    public double number(int entry) {
      return scores.score(entry);
    }

    @Override
    public int kind(int entry) {
      return scores.isPositive(entry) ? POSITIVE : NEGATIVE;
    }

    @Override
    public double weight(int entry) {
      return scores.weight(entry);
    }
  }

  @Override
  public Histogram merge(Histogram a, Histogram b) {
    return a.plus(b, bins);
  }

  @Override
  public MetricValue result(Histogram merged) {
    if (merged.isUnknown()) {
      return MetricValue.scalar(Double.NaN);
    }
    return MetricValue.scalar(
        switch (curve) {
          case ROC -> rocArea(merged);
          case PRECISION_RECALL -> averagePrecision(merged);
        });
  }

  private static double rocArea(Histogram scores) {
    double below = 0;
    double area = 0;
    for (int bin = 0; bin < scores.bins(); bin++) {
      double negatives = scores.weight(NEGATIVE, bin);
      area += scores.weight(POSITIVE, bin) * (below + negatives / 2);
      below += negatives;
    }
    return area / (scores.weight(POSITIVE) * below);
  }

  private static double averagePrecision(Histogram scores) {
    double hits = 0;
    double found = 0;
    double sum = 0;
    for (int bin = scores.bins() - 1; bin >= 0; bin--) {
      double positives = scores.weight(POSITIVE, bin);
      hits += positives;
      found += positives + scores.weight(NEGATIVE, bin);
      sum += positives * (hits / found);
    }
    return sum / hits;
  }

  /** How far the area may be from that of the scores themselves. */
  double errorBound(Histogram scores) {
    return curve == Curve.ROC ? rocErrorBound(scores) : precisionErrorBound(scores);
  }

  /** A pair in one bin counts 1/2 instead of 0 or 1. */
  private static double rocErrorBound(Histogram scores) {
    double pairs = 0;
    for (int bin = 0; bin < scores.bins(); bin++) {
      pairs += scores.weight(POSITIVE, bin) * scores.weight(NEGATIVE, bin);
    }
    return pairs / 2 / (scores.weight(POSITIVE) * scores.weight(NEGATIVE));
  }

  /**
   * The precision at a positive of a bin lies between those of the bin's negatives all before it
   * and none of them before it.
   */
  private static double precisionErrorBound(Histogram scores) {
    double hits = 0;
    double misses = 0;
    double sum = 0;
    for (int bin = scores.bins() - 1; bin >= 0; bin--) {
      double positives = scores.weight(POSITIVE, bin);
      double negatives = scores.weight(NEGATIVE, bin);
      if (positives > 0) {
        double highest = (hits + positives) / (hits + positives + misses);
        double all = hits + misses + negatives;
        double lowest = all == 0 ? 0 : hits / all;
        sum += positives * (highest - lowest);
      }
      hits += positives;
      misses += negatives;
    }
    return sum / hits;
  }
}
