package dev.muster.examples.digits;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.util.List;

/**
 * The accuracy on the digit that the model reads worst. A mean over batches or slots of it would be
 * wrong, so that it needs a reducer: each slot counts, and the counts are added up.
 *
 * <p>The state holds, for each digit, how many images showed it and how many of them were read
 * right.
 */
final class WorstDigit implements MetricReducer<long[]> {
  private static final int DIGITS = 10;

  @Override
  public long[] empty() {
    return new long[2 * DIGITS];
  }

  @Override
  public long[] accumulate(long[] soFar, BatchValues batch) {
    long[] labels = batch.value("labels").longs();
    float[] scores = batch.value("scores").floats();
    for (int example = 0; example < labels.length; example++) {
      int shown = (int) labels[example];
      soFar[shown]++;
      if (best(scores, example * DIGITS) == shown) {
        soFar[DIGITS + shown]++;
      }
    }
    return soFar;
  }

  private static int best(float[] scores, int from) {
    int best = 0;
    for (int digit = 1; digit < DIGITS; digit++) {
      if (scores[from + digit] > scores[from + best]) {
        best = digit;
      }
    }
    return best;
  }

  @Override
  public MetricValue crossSlotReduce(List<long[]> perSlot) {
    double worst = Double.NaN;
    for (int digit = 0; digit < DIGITS; digit++) {
      long shown = 0;
      long right = 0;
      for (long[] slot : perSlot) {
        shown += slot[digit];
        right += slot[DIGITS + digit];
      }
      if (shown > 0) {
        double accuracy = (double) right / shown;
        worst = Double.isNaN(worst) ? accuracy : Math.min(worst, accuracy);
      }
    }
    return MetricValue.scalar(worst);
  }
}
