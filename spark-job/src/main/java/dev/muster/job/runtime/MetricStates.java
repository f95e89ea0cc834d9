package dev.muster.job.runtime;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.Metric;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** The states of all metrics of one slot in one validation, and their reduction to values. */
final class MetricStates {
  private final Map<String, Metric> metrics;
  private final Map<String, Serializable> states = new LinkedHashMap<>();

  MetricStates(Map<String, Metric> metrics) {
    this.metrics = metrics;
    metrics.forEach((name, metric) -> states.put(name, empty(name, metric.reducer())));
  }

  /** Adds a batch. */
  void accumulate(int examples, Map<String, Map<String, HeapTensor>> valuesByMetric) {
    metrics.forEach(
        (name, metric) -> {
          BatchValues batch =
              new BatchValues(examples, Objects.requireNonNull(valuesByMetric.get(name)));
          states.put(name, accumulate(name, metric.reducer(), batch));
        });
  }

  private static <S extends Serializable> S empty(String name, MetricReducer<S> reducer) {
    return call(name, reducer, "empty", reducer::empty);
  }

  @SuppressWarnings("unchecked") // the state came from the same reducer
  private <S extends Serializable> S accumulate(
      String name, MetricReducer<S> reducer, BatchValues batch) {
    S soFar = (S) Objects.requireNonNull(states.get(name));
    return call(name, reducer, "accumulate", () -> reducer.accumulate(soFar, batch));
  }

  /** A call of the author's reducer, its failure named by metric, class and method. */
  static <T> T call(
      String metric, MetricReducer<?> reducer, String method, Callable<@Nullable T> call) {
    String owner = reducer.getClass().getName();
    return UserCode.call(
        "Cannot compute metric '" + metric + "': " + owner + "." + method, owner, call);
  }

  /** The states as bytes, see {@link EncodedStates}. */
  byte[] encode() {
    return EncodedStates.encode(states);
  }

  /**
   * The metrics' values.
   *
   * @param metrics of the EVAL specification, by name
   * @param perSlot what each slot encoded; the index is the rank
   */
  static Map<String, MetricValue> reduce(Map<String, Metric> metrics, List<byte[]> perSlot) {
    List<Map<String, Serializable>> decoded = perSlot.stream().map(EncodedStates::decode).toList();
    Map<String, MetricValue> values = new LinkedHashMap<>();
    metrics.forEach((name, metric) -> values.put(name, reduce(name, metric.reducer(), decoded)));
    return values;
  }

  /**
   * The values of the metrics whose mergeable states were merged already.
   *
   * @param merged the encoded states of all mergeable metrics
   * @param perSlot the encoded states of the others; the index is the rank
   */
  static Map<String, MetricValue> result(
      Map<String, Metric> metrics, byte[] merged, List<byte[]> perSlot) {
    Map<String, Serializable> whole = EncodedStates.decode(merged);
    List<Map<String, Serializable>> decoded = perSlot.stream().map(EncodedStates::decode).toList();
    Map<String, MetricValue> values = new LinkedHashMap<>();
    metrics.forEach(
        (name, metric) ->
            values.put(
                name,
                metric.reducer() instanceof MergeableReducer<?> mergeable
                    ? result(name, mergeable, Objects.requireNonNull(whole.get(name), name))
                    : reduce(name, metric.reducer(), decoded)));
    return values;
  }

  @SuppressWarnings("unchecked") // the state came from the metric's own reducer
  private static <S extends Serializable> MetricValue result(
      String name, MergeableReducer<S> reducer, Serializable merged) {
    return call(name, reducer, "result", () -> reducer.result((S) merged));
  }

  @SuppressWarnings("unchecked") // each state came from the metric's own reducer
  private static <S extends Serializable> MetricValue reduce(
      String name, MetricReducer<S> reducer, List<Map<String, Serializable>> perSlot) {
    List<S> states =
        perSlot.stream().map(slot -> (S) Objects.requireNonNull(slot.get(name), name)).toList();
    return call(name, reducer, "crossSlotReduce", () -> reducer.crossSlotReduce(states));
  }
}
