package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.Metric;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Merges the states of mergeable metrics where no trial was built: the reducers come as bytes and
 * are read with the thread's class loader. Confined to one thread.
 */
public final class MetricMerger {
  private final Map<String, MergeableReducer<?>> reducers;

  private MetricMerger(Map<String, MergeableReducer<?>> reducers) {
    this.reducers = reducers;
  }

  /** The mergeable ones of these metrics as bytes. */
  static byte[] encode(Map<String, Metric> metrics) {
    LinkedHashMap<String, MergeableReducer<?>> reducers = new LinkedHashMap<>();
    metrics.forEach(
        (name, metric) -> {
          if (metric.reducer() instanceof MergeableReducer<?> reducer) {
            write(name, reducer);
            reducers.put(name, reducer);
          }
        });
    return write("of all", reducers);
  }

  private static byte[] write(String name, Serializable reducer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(reducer);
    } catch (IOException e) {
      throw new TrialException(
          "Cannot send the reducer of metric '"
              + name
              + "' to the executors: "
              + e
              + "; a MergeableReducer must be serializable with all that it holds: make it a class of"
              + " its own, or a static nested one, that keeps numbers and texts alone",
          e);
    }
    return bytes.toByteArray();
  }

  /** The merger of the bytes that {@link TrialCheck#mergeableReducers} returned. */
  @SuppressWarnings("unchecked") // it is what encode wrote
  public static MetricMerger decode(byte[] reducers) {
    try (TrialObjectInput in = new TrialObjectInput(new ByteArrayInputStream(reducers))) {
      return new MetricMerger((LinkedHashMap<String, MergeableReducer<?>>) in.readObject());
    } catch (IOException | ClassNotFoundException e) {
      throw new IllegalStateException("Cannot read the reducers of the metrics", e);
    }
  }

  /**
   * The merged states of {@code lower} and {@code higher} ranks; both hold those of the mergeable
   * metrics.
   *
   * @throws TrialException if a reducer throws or returns null
   */
  public byte[] merge(byte[] lower, byte[] higher) {
    Map<String, Serializable> merged = EncodedStates.decode(lower);
    Map<String, Serializable> others = EncodedStates.decode(higher);
    merged.replaceAll(
        (name, state) ->
            merge(
                name,
                Objects.requireNonNull(reducers.get(name), name),
                state,
                Objects.requireNonNull(others.get(name), name)));
    return EncodedStates.encode(merged);
  }

  @SuppressWarnings("unchecked") // the states came from the same reducer
  private static <S extends Serializable> S merge(
      String name, MergeableReducer<S> reducer, Serializable lower, Serializable higher) {
    return MetricStates.call(name, reducer, "merge", () -> reducer.merge((S) lower, (S) higher));
  }
}
