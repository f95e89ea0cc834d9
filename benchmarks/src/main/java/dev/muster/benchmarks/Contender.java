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
   * @param examplesPerSecond over all slots, after the warm-up, while the slots trained
   * @param wholeExamplesPerSecond the same with what lies between two units: reports, results
   * @param cpuMillis the processors' time of a step, per slot, with the driver's
   * @param use of the machine while the clock ran
   */
  record Measurement(
      double examplesPerSecond,
      double wholeExamplesPerSecond,
      double cpuMillis,
      MachineLoad.Use use) {
    static Measurement of(Work work, int slots, double examplesPerSecond, MachineLoad.Use use) {
      double examples = (double) work.batch() * slots * work.timed();
      return new Measurement(
          examplesPerSecond,
          examples / use.seconds(),
          use.own() * use.seconds() * 1e3 / slots / work.timed(),
          use);
    }
  }
}
