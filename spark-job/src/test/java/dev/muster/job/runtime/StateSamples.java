package dev.muster.job.runtime;

import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.Metric;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.op.Ops;

/** Metric states as they travel, for tests of the package that moves them. */
public final class StateSamples {
  private StateSamples() {}

  /** States of one slot. */
  public static byte[] encode(Map<String, ? extends Serializable> states) {
    return EncodedStates.encode(states);
  }

  /** The states in these bytes. */
  public static Map<String, Serializable> decode(byte[] encoded) {
    return EncodedStates.decode(encoded);
  }

  /** The reducers as they travel. */
  public static byte[] reducers(Map<String, MergeableReducer<?>> reducers) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Map<String, Metric> metrics = new LinkedHashMap<>();
      reducers.forEach(
          (name, reducer) -> metrics.put(name, Metric.of(Map.of("x", tf.constant(1f)), reducer)));
      return MetricMerger.encode(metrics);
    }
  }
}
