package dev.muster.job.runtime;

/** Told of a replica's progress; called on the slot's thread, quick. */
public interface StepListener {
  /**
   * The replica has begun a phase.
   *
   * @param step the batches trained so far
   * @param phase e.g. {@code train}, {@code validate}
   */
  void at(long step, String phase);

  /**
   * The replica has trained a batch.
   *
   * @param batches trained so far
   * @param examples of this slot in the batch
   * @param loss of this slot's examples; without a meaning where there were none
   */
  default void trained(long batches, int examples, double loss) {}

  /** Whether the driver asked for a stop. */
  boolean stopRequested();
}
