package dev.muster.job.search;

/** One piece of work that the driver hands to all slots. Immutable. */
public sealed interface Workload {
  /**
   * Train.
   *
   * @param batches how many global batches, at least 1
   */
  record Train(int batches) implements Workload {
    /** Checks the number of batches. */
    public Train {
      if (batches < 1) {
        throw new IllegalArgumentException("Cannot train: expected batches >= 1, found " + batches);
      }
    }
  }

  /** Evaluate the validation data; the driver tells the metric afterwards. */
  record Validate() implements Workload {}

  /** Save the state. */
  record Checkpoint() implements Workload {}
}
