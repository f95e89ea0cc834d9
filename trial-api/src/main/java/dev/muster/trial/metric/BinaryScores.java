package dev.muster.trial.metric;

import dev.muster.trial.TrialException;

/** Labels, scores and weights of a batch's examples of two classes. Confined to one call. */
final class BinaryScores {
  private final double[] labels;
  private final double[] scores;
  private final ElementWeights weights;

  BinaryScores(BatchValues batch) {
    labels = batch.value(ClassScores.LABELS).asDoubles();
    scores = batch.value(ClassScores.SCORES).asDoubles();
    if (labels.length != scores.length) {
      throw new TrialException(
          "Cannot compare labels and scores: expected a score for each label, found labels of shape "
              + batch.value(ClassScores.LABELS).shape()
              + " and scores of shape "
              + batch.value(ClassScores.SCORES).shape());
    }
    weights = ElementWeights.of(batch, labels.length);
  }

  int examples() {
    return labels.length;
  }

  double weight(int example) {
    return weights.of(example);
  }

  double score(int example) {
    return scores[example];
  }

  boolean isPositive(int example) {
    double label = labels[example];
    if (label != 0 && label != 1) {
      throw new TrialException(
          "Cannot compare labels and scores: expected labels 0 and 1, or false and true, found "
              + label);
    }
    return label == 1;
  }
}
