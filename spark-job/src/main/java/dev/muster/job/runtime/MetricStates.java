package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.Metric;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The states of all metrics of one slot in one validation, and their reduction to values. States
 * travel as bytes of Java serialization, over Spark's RPC alone, and are read with the trial's
 * class loader. A fold in rank order: the same bits whatever the order in which the slots were
 * done.
 */
public final class MetricStates {
  /** What one metric's state may weigh. */
  static final int MAX_STATE_BYTES = 1 << 20;

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
  private static <T> T call(
      String metric, MetricReducer<?> reducer, String method, Callable<@Nullable T> call) {
    String owner = reducer.getClass().getName();
    return UserCode.call(
        "Cannot compute metric '" + metric + "': " + owner + "." + method, owner, call);
  }

  /** The states as bytes. */
  byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeInt(states.size());
      for (Map.Entry<String, Serializable> state : states.entrySet()) {
        out.writeUTF(state.getKey());
        byte[] encoded = encode(state.getKey(), state.getValue());
        out.writeInt(encoded.length);
        out.write(encoded);
      }
    } catch (IOException e) {
      throw new IllegalStateException("Cannot encode metric states", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] encode(String name, Serializable state) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(state);
    } catch (IOException e) {
      throw new TrialException(
          "Cannot send the state of metric '"
              + name
              + "' to the driver: "
              + e
              + "; a state must be serializable with all that it holds",
          e);
    }
    if (bytes.size() > MAX_STATE_BYTES) {
      throw new TrialException(
          "Cannot send the state of metric '"
              + name
              + "' to the driver: it has "
              + bytes.size()
              + " bytes, and larger ones than "
              + MAX_STATE_BYTES
              + " are not supported yet; gather sums or histograms instead of values");
    }
    return bytes.toByteArray();
  }

  /**
   * The metrics' values.
   *
   * @param metrics of the EVAL specification, by name
   * @param perSlot what each slot encoded; the index is the rank
   */
  static Map<String, MetricValue> reduce(Map<String, Metric> metrics, List<byte[]> perSlot) {
    List<Map<String, Serializable>> decoded = new ArrayList<>();
    for (byte[] states : perSlot) {
      decoded.add(decode(states));
    }
    Map<String, MetricValue> values = new LinkedHashMap<>();
    metrics.forEach((name, metric) -> values.put(name, reduce(name, metric.reducer(), decoded)));
    return values;
  }

  @SuppressWarnings("unchecked") // each state came from the metric's own reducer
  private static <S extends Serializable> MetricValue reduce(
      String name, MetricReducer<S> reducer, List<Map<String, Serializable>> perSlot) {
    List<S> states =
        perSlot.stream().map(slot -> (S) Objects.requireNonNull(slot.get(name), name)).toList();
    return call(name, reducer, "crossSlotReduce", () -> reducer.crossSlotReduce(states));
  }

  private static Map<String, Serializable> decode(byte[] states) {
    Map<String, Serializable> decoded = new LinkedHashMap<>();
    try (ObjectInputStream in = new TrialObjectInput(new ByteArrayInputStream(states))) {
      for (int count = in.readInt(); count > 0; count--) {
        String name = in.readUTF();
        byte[] state = in.readNBytes(in.readInt());
        try (ObjectInputStream object = new TrialObjectInput(new ByteArrayInputStream(state))) {
          decoded.put(name, (Serializable) object.readObject());
        }
      }
    } catch (IOException | ClassNotFoundException e) {
      throw new IllegalStateException("Cannot read metric states", e);
    }
    return decoded;
  }

  /** Finds the trial's own classes. */
  private static final class TrialObjectInput extends ObjectInputStream {
    TrialObjectInput(InputStream in) throws IOException {
      super(in);
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass type)
        throws IOException, ClassNotFoundException {
      try {
        return Class.forName(type.getName(), false, Thread.currentThread().getContextClassLoader());
      } catch (ClassNotFoundException e) {
        return super.resolveClass(type);
      }
    }
  }
}
