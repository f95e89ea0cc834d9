package dev.muster.job.search;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Where a trial stands in its workload sequence; a checkpoint keeps it. Immutable.
 *
 * @param batchesTrained batches trained in all
 * @param batchesSaved batches trained at the last checkpoint; 0 before the first
 * @param validatedAt batches trained at the last validation; empty before the first
 * @param bestMetric the best metric of the experiment; empty before the first that is a number
 * @param checkpointOwed whether the last validation's policy asks for a checkpoint not yet taken
 */
public record SequencerState(
    long batchesTrained,
    long batchesSaved,
    OptionalLong validatedAt,
    OptionalDouble bestMetric,
    boolean checkpointOwed) {

  /** Checks the order of the counts. */
  public SequencerState {
    if (batchesSaved < 0
        || batchesSaved > batchesTrained
        || validatedAt.orElse(0) < 0
        || validatedAt.orElse(0) > batchesTrained) {
      throw new IllegalArgumentException(
          "Cannot use a sequencer's state: expected 0 <= saved %d, validated %s <= trained %d"
              .formatted(batchesSaved, validatedAt, batchesTrained));
    }
  }

  /** The state of a trial that has done nothing. */
  public static SequencerState initial() {
    return new SequencerState(0, 0, OptionalLong.empty(), OptionalDouble.empty(), false);
  }

  /** Whether batches were trained since the last checkpoint. */
  public boolean hasUnsavedTraining() {
    return batchesSaved < batchesTrained;
  }

  SequencerState after(Workload workload) {
    if (workload instanceof Workload.Train train) {
      return new SequencerState(
          batchesTrained + train.batches(), batchesSaved, validatedAt, bestMetric, checkpointOwed);
    }
    return workload instanceof Workload.Validate
        ? new SequencerState(
            batchesTrained,
            batchesSaved,
            OptionalLong.of(batchesTrained),
            bestMetric,
            checkpointOwed)
        : new SequencerState(batchesTrained, batchesTrained, validatedAt, bestMetric, false);
  }

  SequencerState withMetric(OptionalDouble best, boolean policyAsks) {
    return new SequencerState(
        batchesTrained, batchesSaved, validatedAt, best, policyAsks && hasUnsavedTraining());
  }
}
