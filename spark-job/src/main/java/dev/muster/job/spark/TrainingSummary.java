package dev.muster.job.spark;

import dev.muster.job.runtime.TrainReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One training workload of all slots.
 *
 * @param metrics by name the means over all batches, weighted by their examples
 * @param examples of all slots
 * @param examplesPerSecond by the slot that did not wait for another before its first step
 * @param stop whether a slot asked to stop
 */
record TrainingSummary(
    Map<String, Double> metrics, long examples, double examplesPerSecond, boolean stop) {
  /**
   * The workload's summary.
   *
   * @param reports of all slots, by rank
   * @param averaged whether the metrics are those of all slots, or else the chief's
   */
  static TrainingSummary of(List<TrainReport> reports, boolean averaged) {
    Map<String, Double> means = new LinkedHashMap<>();
    List<TrainReport> counted = averaged ? reports : reports.subList(0, 1);
    long weight = Math.max(1, examples(counted));
    for (TrainReport report : counted) {
      report.metricSums().forEach((name, sum) -> means.merge(name, sum, Double::sum));
    }
    means.replaceAll((name, sum) -> sum / weight);
    long examples = examples(reports);
    long nanos = Math.max(1, reports.stream().mapToLong(TrainReport::nanos).min().orElse(1));
    return new TrainingSummary(
        means, examples, examples * 1e9 / nanos, reports.stream().anyMatch(TrainReport::stop));
  }

  private static long examples(List<TrainReport> reports) {
    return reports.stream().mapToLong(TrainReport::examples).sum();
  }
}
