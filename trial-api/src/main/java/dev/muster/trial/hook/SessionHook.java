package dev.muster.trial.hook;

import java.io.IOException;
import org.tensorflow.Graph;

/**
 * Callbacks around the batches of a session: the training session of a slot, or one validation. All
 * of them come from the slot's own thread, hook after hook in the order of the list: those of
 * {@code TrainSpec} or {@code EvalSpec} first, then those of the {@code EstimatorSpec}, then
 * Muster's own. Every slot calls its own copies. What a call throws fails the trial.
 *
 * <p><b>Training</b> is one session in each slot from the trial's beginning to its end, over all
 * workloads: {@code begin}, {@code afterCreateSession}, {@code beforeRun} and {@code afterRun} for
 * each batch, {@code end}. <b>Each validation</b> is a session of its own for its hooks, on the
 * same graph.
 */
public abstract class SessionHook {
  /** A hook that does nothing yet. */
  protected SessionHook() {}

  /**
   * Called once before the session runs. The hook may look up ops or add some to be fetched, which
   * keep no state and draw no random numbers. In validation the graph is the same each time: what
   * an earlier {@code begin} added is there.
   *
   * @param graph of the session's mode
   */
  public void begin(Graph graph) throws IOException {}

  /**
   * Called when the variables have their values: initial ones, or those of a checkpoint; in
   * training the slots are connected by then.
   */
  public void afterCreateSession(SessionContext session) throws IOException {}

  /** Called before each batch; may ask for values to be fetched with it. */
  public void beforeRun(RunContext run) throws IOException {}

  /**
   * Called after each batch; in training the update is made, and the global step counts it.
   *
   * @param run the batch; its {@code fetch} methods fail by now
   * @param values what this hook fetched
   */
  public void afterRun(RunContext run, RunValues values) throws IOException {}

  /**
   * Called when training is complete, by its length or a stop that a hook or the trial asked for;
   * in validation after the last batch. Not called after a failure.
   */
  public void end(SessionContext session) throws IOException {}
}
