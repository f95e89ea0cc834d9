package dev.muster.trial.metric;

/**
 * What precision, recall and F1 are made of.
 *
 * @param hits weight of the examples that are positive and were found
 * @param found weight of the examples that were said to be positive
 * @param positives weight of the examples that are positive
 */
record Hits(double hits, double found, double positives) {
  /** A ratio of {@link Hits}; 0 where nothing is there to divide by, as in scikit-learn. */
  enum Ratio {
    PRECISION,
    RECALL,
    F1;

    double of(Hits counts) {
      double sum =
          switch (this) {
            case PRECISION -> counts.found;
            case RECALL -> counts.positives;
            case F1 -> (counts.found + counts.positives) / 2;
          };
      return sum == 0 ? 0 : counts.hits / sum;
    }
  }
}
