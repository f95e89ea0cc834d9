package dev.muster.job.spark;

/**
 * What one slot of a trial needs of native memory, as far as the driver knows.
 *
 * @param variableBytes weights and optimizer slots
 * @param stepBytes what the ops of a step hold at a time: activations and gradients
 * @param batchBytes the tensors of one batch
 */
record TrialMemory(long variableBytes, long stepBytes, long batchBytes) {
  private static final int BATCHES = 3;
  private static final long MIB = 1 << 20;
  private static final long SMALL_MIB = 256;

  /** One whose steps were not measured: they are taken to be small. */
  static TrialMemory ofVariables(long variableBytes) {
    return new TrialMemory(variableBytes, 0, 0);
  }

  /**
   * Variables in TRAIN, EVAL and on their way to a checkpoint, gradients and the exchange: six
   * times the variables. A step, and the batches that are read ahead: at least 256 MiB.
   */
  long slotMib() {
    return 6 * variableBytes / MIB + Math.max(SMALL_MIB, stepMib());
  }

  /** Below this a slot cannot even train: the variables, the weights' copy in EVAL, a step. */
  long leastSlotMib() {
    return 3 * variableBytes / 2 / MIB + stepMib();
  }

  private long stepMib() {
    return (stepBytes + BATCHES * batchBytes) / MIB;
  }
}
