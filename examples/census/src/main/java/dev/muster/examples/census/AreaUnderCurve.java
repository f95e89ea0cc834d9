package dev.muster.examples.census;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.MetricValue;

/**
 * The area under the ROC curve: how often a random positive example scores higher than a random
 * negative one. Counts both kinds in bins of the score; pairs of one bin count half.
 */
final class AreaUnderCurve implements MergeableReducer<long[][]> {
  private static final long serialVersionUID = 1;
  private static final int BINS = 10_000;
  private static final int NEGATIVE = 0;
  private static final int POSITIVE = 1;

  @Override
  public long[][] empty() {
    return new long[2][BINS];
  }

  @Override
  public long[][] accumulate(long[][] soFar, BatchValues batch) {
    float[] labels = batch.value("label").floats();
    float[] scores = batch.value("score").floats();
    for (int i = 0; i < labels.length; i++) {
      int bin = Math.min(BINS - 1, (int) (scores[i] * BINS));
      soFar[labels[i] > 0.5f ? POSITIVE : NEGATIVE][bin]++;
    }
    return soFar;
  }

  @Override
  public long[][] merge(long[][] a, long[][] b) {
    for (int kind = 0; kind < a.length; kind++) {
      for (int bin = 0; bin < BINS; bin++) {
        a[kind][bin] += b[kind][bin];
      }
    }
    return a;
  }

  @Override
  public MetricValue result(long[][] merged) {
    double above = 0; // pairs whose positive example scores higher
    long negatives = 0;
    long positives = 0;
    for (int bin = 0; bin < BINS; bin++) {
      above += merged[POSITIVE][bin] * (negatives + merged[NEGATIVE][bin] / 2.0);
      negatives += merged[NEGATIVE][bin];
      positives += merged[POSITIVE][bin];
    }
    return MetricValue.scalar(above / ((double) positives * negatives));
  }
}
