package dev.muster.benchmarks;

import java.io.IOException;

/** Something that trains the network and says how fast. */
interface Contender {
  /** The letter and the words in the table. */
  String label();

  /** How many slots or processes train. */
  int slots();

  /** Trains once, in processes of its own. */
  Measurement run(Work work) throws IOException, InterruptedException;

  /**
   * One run.
   *
   * @param examplesPerSecond over all slots, after the warm-up
   * @param use of the machine while the clock ran
   */
  record Measurement(double examplesPerSecond, MachineLoad.Use use) {}
}
