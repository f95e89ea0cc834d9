package dev.muster.trial.hook;

import org.tensorflow.Operand;

/** A hook's view of one batch, before it is run. */
public interface RunContext extends SessionContext {
  /**
   * The batch's number: in training the batches done since the trial began, in validation those of
   * this validation in this slot; from 0.
   */
  long batch();

  /** The examples of the slot's batch; 0 where the other slots have more batches than this one. */
  int examples();

  /**
   * Has this batch's run fetch a value for {@link SessionHook#afterRun}, of this hook alone.
   *
   * <p>What the loss depends on is the value before the step's update. Anything else that is
   * computed from variables races with the update: it may be the value before or after it.
   *
   * @param operand of the graph that the hook's session runs
   */
  void fetch(Operand<?> operand);

  /**
   * As {@link #fetch(Operand)}.
   *
   * @param name of an op, {@code dense/BiasAdd}, whose first output is meant, or of an output,
   *     {@code dense/BiasAdd:0}
   * @throws dev.muster.trial.TrialException if the graph has none of this name
   */
  void fetch(String name);
}
