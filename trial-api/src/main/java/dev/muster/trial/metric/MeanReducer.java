package dev.muster.trial.metric;

/** A mean in double precision, summed in the order of the batches. */
final class MeanReducer extends SumsReducer {
  private static final long serialVersionUID = 1L;

  /** What an element of the batch counts. */
  enum Weight {
    /** The value is the batch's mean and counts as many times as the batch has examples. */
    EXAMPLES,
    /** Each element of the value counts once, or what its weight says. */
    ELEMENTS
  }

  private final Weight weight;

  MeanReducer(Weight weight) {
    super(2);
    this.weight = weight;
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    double[] values = batch.value().asDoubles();
    ElementWeights weights = ElementWeights.of(batch, values.length);
    for (int i = 0; i < values.length; i++) {
      double counts = weight == Weight.EXAMPLES ? batch.examples() : weights.of(i);
      if (counts != 0) {
        soFar[0] += values[i] * counts;
        soFar[1] += counts;
      }
    }
    return soFar;
  }

  @Override
  public MetricValue result(double[] merged) {
    return MetricValue.scalar(merged[0] / merged[1]);
  }
}
