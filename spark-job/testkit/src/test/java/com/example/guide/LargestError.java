package com.example.guide;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.MetricValue;

/** The largest difference between what was paid and what was predicted. */
final class LargestError implements MergeableReducer<Double> {
  private static final long serialVersionUID = 1;

  @Override
  public Double empty() {
    return 0.0;
  }

  @Override
  public Double accumulate(Double soFar, BatchValues batch) {
    float[] paid = batch.value("paid").floats();
    float[] price = batch.value("price").floats();
    double largest = soFar;
    for (int i = 0; i < paid.length; i++) {
      largest = Math.max(largest, Math.abs(paid[i] - price[i]));
    }
    return largest;
  }

  @Override
  public Double merge(Double a, Double b) {
    return Math.max(a, b);
  }

  @Override
  public MetricValue result(Double merged) {
    return MetricValue.scalar(merged);
  }
}
