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

  /** Whether the driver asked for a stop. */
  boolean stopRequested();
}
