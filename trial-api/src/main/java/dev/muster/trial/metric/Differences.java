package dev.muster.trial.metric;

import dev.muster.trial.TrialException;

/** Labels, predictions and weights of a batch's elements. Confined to one call. */
final class Differences {
  static final String PREDICTIONS = "predictions";

  private final double[] labels;
  private final double[] predictions;
  private final ElementWeights weights;

  Differences(BatchValues batch) {
    labels = batch.value(ClassScores.LABELS).asDoubles();
    predictions = batch.value(PREDICTIONS).asDoubles();
    if (labels.length != predictions.length) {
      throw new TrialException(
          "Cannot compare labels and predictions: expected a prediction for each label, found labels"
              + " of shape "
              + batch.value(ClassScores.LABELS).shape()
              + " and predictions of shape "
              + batch.value(PREDICTIONS).shape());
    }
    weights = ElementWeights.of(batch, labels.length);
  }

  int elements() {
    return labels.length;
  }

  double label(int element) {
    return labels[element];
  }

  double prediction(int element) {
    return predictions[element];
  }

  double weight(int element) {
    return weights.of(element);
  }
}
