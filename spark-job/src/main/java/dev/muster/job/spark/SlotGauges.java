package dev.muster.job.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The gauges of slots and trials in the metrics that Spark's sinks show, of the driver or of an
 * executor. A slot is shown by its trial and rank, wherever its replica lives; its gauges go when
 * the trial ends (on an executor: when the slot leaves its seat). Thread-safe.
 */
final class SlotGauges {
  private static final Map<String, Function<Vitals, Object>> OF_SLOT = new LinkedHashMap<>();

  static {
    OF_SLOT.put("steps", Vitals::steps);
    OF_SLOT.put("examples", Vitals::examples);
    OF_SLOT.put("examples_per_second", Vitals::examplesPerSecond);
    OF_SLOT.put("loss", Vitals::loss);
    OF_SLOT.put("resident_bytes", Vitals::residentBytes);
  }

  /** How far a trial is. */
  private record Progress(long batches, long batchesInAll) {
    double share() {
      return batchesInAll == 0 ? 0 : (double) batches / batchesInAll;
    }
  }

  private final MetricRegistry registry;
  private final Map<String, Vitals> slots = new HashMap<>(); // by name; guarded by this
  private final Map<String, Progress> trials = new HashMap<>(); // by name; guarded by this

  /** Registers the number of slots at once: Spark passes over a plugin that has no metrics. */
  SlotGauges(MetricRegistry registry) {
    this.registry = registry;
    register("slots", this::seats);
  }

  /** Shows how a slot does. */
  void show(String trialId, int rank, Vitals vitals) {
    String name = slot(trialId, rank);
    boolean first;
    synchronized (this) {
      Vitals before = slots.get(name);
      first = before == null;
      slots.put(name, before == null ? vitals : vitals.after(before));
    }
    if (first) {
      OF_SLOT.forEach(
          (gauge, value) ->
              register(MetricRegistry.name(name, gauge), () -> value.apply(vitals(name))));
    }
  }

  /** Shows how far a trial is. */
  void show(String trialId, long batches, long batchesInAll) {
    String name = trial(trialId);
    boolean first;
    synchronized (this) {
      first = trials.put(name, new Progress(batches, batchesInAll)) == null;
    }
    if (first) {
      register(MetricRegistry.name(name, "batches"), () -> progress(name).batches());
      register(MetricRegistry.name(name, "progress"), () -> progress(name).share());
    }
  }

  /** The slot is shown no more. */
  void remove(String trialId, int rank) {
    String name = slot(trialId, rank);
    synchronized (this) {
      slots.remove(name);
    }
    removeMetrics(name);
  }

  /** The trial and its slots are shown no more. */
  void removeTrial(String trialId) {
    String name = trial(trialId);
    synchronized (this) {
      trials.remove(name);
      slots.keySet().removeIf(slot -> slot.startsWith(name + "."));
    }
    removeMetrics(name);
  }

  private void removeMetrics(String name) {
    registry.removeMatching((metric, unused) -> metric.startsWith(name + "."));
  }

  private void register(String name, Gauge<Object> gauge) {
    if (!registry.getNames().contains(name)) {
      registry.register(name, gauge);
    }
  }

  private synchronized Object seats() {
    return slots.size();
  }

  private synchronized Vitals vitals(String slot) {
    return slots.getOrDefault(slot, Vitals.NONE);
  }

  private synchronized Progress progress(String trial) {
    return trials.getOrDefault(trial, new Progress(0, 0));
  }

  private static String trial(String trialId) {
    return "trial_" + trialId;
  }

  private static String slot(String trialId, int rank) {
    return MetricRegistry.name(trial(trialId), "rank_" + rank);
  }
}
