package dev.muster.trial.metric;

import dev.muster.trial.TrialException;

/**
 * Labels and scores of a batch's examples by class. Confined to one call.
 *
 * <p>Among equal scores the lower class comes first.
 */
final class ClassScores {
  static final String LABELS = "labels";
  static final String SCORES = "scores";

  private final double[] labels;
  private final double[] scores;
  private final int classes;

  ClassScores(BatchValues batch) {
    labels = batch.value(LABELS).asDoubles();
    HeapTensor values = batch.value(SCORES);
    scores = values.asDoubles();
    int rank = values.shape().numDimensions();
    classes = rank == 0 ? 0 : Math.toIntExact(values.shape().size(rank - 1));
    if ((long) labels.length * classes != scores.length) {
      throw new TrialException(
          "Cannot compare labels and scores: expected labels of shape [batch] and scores of shape"
              + " [batch, classes], found "
              + batch.value(LABELS).shape()
              + " and "
              + values.shape());
    }
  }

  int examples() {
    return labels.length;
  }

  int classes() {
    return classes;
  }

  /** The class of an example. */
  int label(int example) {
    double label = labels[example];
    if (!(label >= 0 && label < classes)) {
      throw new TrialException(
          "Cannot compare labels and scores: expected a label from 0 to "
              + (classes - 1)
              + ", found "
              + (long) label);
    }
    return (int) label;
  }

  /** Whether a score of the example is NaN. */
  boolean isUnknown(int example) {
    for (int i = example * classes; i < (example + 1) * classes; i++) {
      if (Double.isNaN(scores[i])) {
        return true;
      }
    }
    return false;
  }

  /** How many classes come before the label's, by their scores. */
  int rankOfLabel(int example) {
    int start = example * classes;
    int label = label(example);
    double score = scores[start + label];
    int before = 0;
    for (int i = 0; i < classes; i++) {
      double other = scores[start + i];
      if (other > score || (other == score && i < label)) {
        before++;
      }
    }
    return before;
  }

  /** The class of the largest score. */
  int predicted(int example) {
    int start = example * classes;
    int best = 0;
    for (int i = 1; i < classes; i++) {
      if (scores[start + i] > scores[start + best]) {
        best = i;
      }
    }
    return best;
  }
}
