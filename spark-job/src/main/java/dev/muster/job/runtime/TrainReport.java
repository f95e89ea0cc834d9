package dev.muster.job.runtime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one slot did in one training workload.
 *
 * @param batches trained in this workload
 * @param batchesInAll trained since the trial began
 * @param metricSums by the name of a training metric the sum of each batch's value times its
 *     examples; {@code loss} is there
 * @param examples of this slot in this workload
 * @param nanos the workload's duration
 * @param stop whether a slot asked to stop: all slots know it after the same step
 */
public record TrainReport(
    int batches,
    long batchesInAll,
    Map<String, Double> metricSums,
    long examples,
    long nanos,
    boolean stop) {
  /** Keeps the order of the metrics. */
  public TrainReport {
    metricSums = Collections.unmodifiableMap(new LinkedHashMap<>(metricSums));
  }

  /** The sum of each batch's loss times its examples. */
  public double lossSum() {
    return metricSums.getOrDefault(TrainingMetrics.LOSS, 0.0);
  }
}
