package dev.muster.trial.hook;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Callbacks in the life of a trial, beside those of its session: the same rules, in any of the
 * lists of hooks. What {@link #onTrialClose} throws is logged, since by then the trial has ended;
 * it never keeps another hook's {@code onTrialClose} from being called.
 *
 * <p>Where there is a checkpoint to load, a slot calls {@code begin}, then {@code onCheckpointLoad}
 * and {@code loadState}, then {@code afterCreateSession}.
 */
public abstract class RunHook extends SessionHook {
  /** The most bytes that {@link #saveState} may return. */
  public static final int MAX_STATE_BYTES = 16 << 20;

  /** A hook that does nothing yet. */
  protected RunHook() {}

  /**
   * Called at start-up on every slot when there is a checkpoint to load, before the weights are
   * restored.
   *
   * @param directory a local copy of the checkpoint, with the files that hooks wrote into it
   */
  public void onCheckpointLoad(Path directory) throws IOException {}

  /**
   * Called for each checkpoint on the chief, when the model's files are in the directory and before
   * the checkpoint is committed: what the hook writes into it is part of the checkpoint.
   *
   * @param directory a local directory
   */
  public void onCheckpointEnd(Path directory) throws IOException {}

  /**
   * Called on every slot, once, when the process's part in the trial ends: done, stopped or failed.
   */
  public void onTrialClose() throws IOException {}

  /**
   * The state that this slot's hook keeps over a resume, taken at each checkpoint on every slot,
   * after {@link #onCheckpointEnd}. By default there is none.
   *
   * @return at most {@link #MAX_STATE_BYTES} bytes, in a format of the hook's own; empty for none
   */
  public byte[] saveState() throws IOException {
    return new byte[0];
  }

  /**
   * Called after {@link #onCheckpointLoad} with what the hook of this class in the slot of this
   * rank returned from {@link #saveState}: of several hooks of one class, the first gets the
   * first's, and so on. Not called where that was empty, or the checkpoint has none.
   */
  public void loadState(byte[] state) throws IOException {}
}
