package dev.muster.trial.hook;

import dev.muster.trial.metric.HeapTensor;
import org.tensorflow.Operand;

/**
 * A hook's view of the session of one slot, training or validating; Muster makes it. Valid during
 * the call that it was handed to, on the slot's thread.
 */
public interface SessionContext {
  /** The batches trained since the trial began: {@code global_step}. */
  long globalStep();

  /**
   * Runs the graph for one value, with no batch fed: a variable, or what is computed from variables
   * alone. Where it is called between steps, it is the value after the last step.
   *
   * @return a heap copy, which stays as it is and may be kept
   * @throws dev.muster.trial.TrialException if the graph has no such operand, it depends on a batch
   *     or is of a type that cannot be copied
   */
  HeapTensor value(Operand<?> operand);

  /**
   * As {@link #value(Operand)}.
   *
   * @param name of an op, {@code dense/kernel}, whose first output is meant, or of an output,
   *     {@code dense/kernel:0}
   */
  HeapTensor value(String name);

  /**
   * Asks the trial to stop, as {@code EstimatorTrialContext.requestStop} does: all slots end the
   * workload at the same step, a checkpoint is taken, and the trial is complete. A validation is
   * finished.
   */
  void requestStop();

  /** Whether this slot has asked the trial to stop. */
  boolean stopRequested();
}
