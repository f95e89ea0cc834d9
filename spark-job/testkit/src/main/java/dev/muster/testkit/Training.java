package dev.muster.testkit;

import dev.muster.job.runtime.TrainReport;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a training workload gave. Immutable.
 *
 * @param losses of each batch, the mean over the examples of all slots
 * @param metrics the training metrics, {@code loss} among them: means over all examples of all
 *     batches
 * @param stopRequested whether a slot asked to stop
 */
public record Training(double[] losses, Map<String, Double> metrics, boolean stopRequested) {
  /** Copies losses and metrics. */
  public Training {
    losses = losses.clone();
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** Puts together what each slot reported of each batch. */
  static Training of(List<List<TrainReport>> perSlot) {
    int batches = perSlot.get(0).size();
    double[] losses = new double[batches];
    Map<String, Double> sums = new LinkedHashMap<>();
    long all = 0;
    boolean stop = false;
    for (int batch = 0; batch < batches; batch++) {
      double loss = 0;
      long examples = 0;
      for (List<TrainReport> slot : perSlot) {
        TrainReport report = slot.get(batch);
        loss += report.lossSum();
        examples += report.examples();
        report.metricSums().forEach((name, sum) -> sums.merge(name, sum, Double::sum));
        stop |= report.stop();
      }
      losses[batch] = loss / examples;
      all += examples;
    }
    long examples = all;
    sums.replaceAll((name, sum) -> sum / examples);
    return new Training(losses, sums, stop);
  }

  @Override
  public double[] losses() {
    return losses.clone();
  }

  /** The number of batches. */
  public int batches() {
    return losses.length;
  }

  /** The loss of the last batch. */
  public double lastLoss() {
    return losses[losses.length - 1];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Training training
        && Arrays.equals(losses, training.losses)
        && metrics.equals(training.metrics)
        && stopRequested == training.stopRequested;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(losses) * 31 + metrics.hashCode();
  }

  @Override
  public String toString() {
    return "Training[losses=%s, metrics=%s, stopRequested=%s]"
        .formatted(Arrays.toString(losses), metrics, stopRequested);
  }
}
