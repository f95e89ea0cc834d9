package dev.muster.job.spark;

/** A program's way to the driver during one leg. Thread-safe. */
interface SlotLink {
  /**
   * Hands a report to the driver, which gets the reports of a rank in their order and each once.
   * Returns as soon as the driver has it, whatever it then does with it; at most 60 s.
   *
   * @return whether a stop is requested, as far as the driver knows now
   * @throws java.util.concurrent.CancellationException when the leg has ended for this slot
   * @throws java.io.UncheckedIOException when the driver does not answer
   */
  boolean report(byte[] payload);

  /**
   * Says that the slot goes on: resets its clock of progress. Where a slot waits for its peers, the
   * phase starts with {@code wait}: of slots that all stand still, it is not the cause.
   */
  void progress(long step, String phase);

  /**
   * Says that a batch was trained, for the gauges.
   *
   * @param batches trained since the trial began
   * @param examples of this slot in the batch
   */
  void trained(long batches, int examples, double loss);

  /** True once the task was killed, the leg failed, or the driver is gone. */
  boolean cancelled();

  /**
   * What unblocks the program when it is cancelled; runs once, on the watcher's thread, or at once
   * when that has happened already. Never runs after the program has returned.
   */
  void onCancel(Runnable closeSocketsAndQueues);
}
