package dev.muster.trial.metric;

import java.util.List;

/** Keeps the last value that the lowest rank with a batch saw. */
final class LastValueReducer implements MetricReducer<String[]> {
  @Override
  public String[] empty() {
    return new String[0];
  }

  @Override
  public String[] accumulate(String[] soFar, BatchValues batch) {
    return new String[] {batch.value().text(0)};
  }

  @Override
  public MetricValue crossSlotReduce(List<String[]> perSlot) {
    return MetricValue.text(
        perSlot.stream().filter(state -> state.length > 0).findFirst().map(s -> s[0]).orElse(""));
  }
}
