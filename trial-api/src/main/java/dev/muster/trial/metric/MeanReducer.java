package dev.muster.trial.metric;

import java.util.List;

/** A mean in double precision, summed in the order of the batches and then of the ranks. */
final class MeanReducer implements MetricReducer<double[]> {
  /** What an element of the batch counts. */
  enum Weight {
    /** The value is the batch's mean and counts as many times as the batch has examples. */
    EXAMPLES,
    /** Each element of the value counts once. */
    ELEMENTS
  }

  private final Weight weight;

  MeanReducer(Weight weight) {
    this.weight = weight;
  }

  @Override
  public double[] empty() {
    return new double[2];
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    double[] values = batch.value().asDoubles();
    for (double value : values) {
      soFar[0] += weight == Weight.EXAMPLES ? value * batch.examples() : value;
    }
    soFar[1] += weight == Weight.EXAMPLES ? batch.examples() : values.length;
    return soFar;
  }

  @Override
  public MetricValue crossSlotReduce(List<double[]> perSlot) {
    double sum = 0;
    double count = 0;
    for (double[] state : perSlot) {
      sum += state[0];
      count += state[1];
    }
    return MetricValue.scalar(sum / count);
  }
}
