package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import org.jspecify.annotations.Nullable;

/** What each element of a batch counts. Immutable. */
final class ElementWeights {
  /** The name of the tensor with the weights. */
  static final String NAME = "weights";

  private final double @Nullable [] weights;
  private final int perWeight;

  private ElementWeights(double @Nullable [] weights, int perWeight) {
    this.weights = weights;
    this.perWeight = perWeight;
  }

  /** The weights of so many elements: one for each, one for each example, or none. */
  static ElementWeights of(BatchValues batch, int elements) {
    if (!batch.names().contains(NAME)) {
      return new ElementWeights(null, 1);
    }
    double[] weights = batch.value(NAME).asDoubles();
    if (weights.length == 0 || elements % weights.length != 0) {
      throw new TrialException(
          "Cannot weigh a metric: expected a weight for each of "
              + batch.examples()
              + " examples or of "
              + elements
              + " elements, found "
              + weights.length);
    }
    for (double weight : weights) {
      if (weight < 0) {
        throw new TrialException("Cannot weigh a metric: found the negative weight " + weight);
      }
    }
    return new ElementWeights(weights, elements / weights.length);
  }

  /** The weight of the element at this index; at 0 the element does not count, NaN or not. */
  double of(int element) {
    return weights == null ? 1 : weights[element / perWeight];
  }
}
