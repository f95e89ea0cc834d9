package dev.muster.job.config;

/**
 * How gradients become updates, and what is told of training.
 *
 * @param aggregationFrequency batches whose gradients make one update, at least 1; default 1
 * @param averageAggregatedGradients whether their sum is divided by that number; default true
 * @param averageTrainingMetrics whether training metrics are those of all slots, weighted by
 *     examples, or else the chief's; default true
 */
public record Optimizations(
    int aggregationFrequency, boolean averageAggregatedGradients, boolean averageTrainingMetrics) {
  /** One update for each batch. */
  public static final Optimizations DEFAULT = new Optimizations(1, true, true);
}
