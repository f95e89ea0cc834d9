package dev.muster.job.spark;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.MetricValue;

/** A merge that tells how it was called; it fails where the lower ranks are {@code bad}. */
final class Brackets implements MergeableReducer<String> {
  private static final long serialVersionUID = 1L;

  @Override
  public String empty() {
    return "";
  }

  @Override
  public String accumulate(String soFar, BatchValues batch) {
    return soFar + batch.examples();
  }

  @Override
  public String merge(String a, String b) {
    if (a.equals("bad")) {
      throw new IllegalStateException("cannot merge bad");
    }
    return "(" + a + " " + b + ")";
  }

  @Override
  public MetricValue result(String merged) {
    return MetricValue.text(merged);
  }
}
