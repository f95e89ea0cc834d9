package dev.muster.job.runtime;

import java.util.Map;

/**
 * How many batches a trial takes for one update: {@code optimizations} of the configuration.
 *
 * @param frequency batches in a window, at least 1
 * @param average whether the update is by the mean over the window, not by the sum over its batches
 */
record Aggregation(int frequency, boolean average) {
  /** An update after every batch. */
  static final Aggregation NONE = new Aggregation(1, true);

  Aggregation {
    if (frequency < 1) {
      throw new IllegalArgumentException("frequency " + frequency);
    }
  }

  /** Reads the keys {@code aggregation_frequency} and {@code average_aggregated_gradients}. */
  static Aggregation of(Map<String, Object> optimizations) {
    Object frequency = optimizations.getOrDefault("aggregation_frequency", 1);
    Object average = optimizations.getOrDefault("average_aggregated_gradients", true);
    return new Aggregation(Math.toIntExact(((Number) frequency).longValue()), (Boolean) average);
  }

  /** Whether windows have several batches. */
  boolean isOn() {
    return frequency > 1;
  }

  /**
   * Whether a batch is the last of its window.
   *
   * @param batches trained before it
   */
  boolean updatesAfter(long batches) {
    return (batches + 1) % frequency == 0;
  }
}
