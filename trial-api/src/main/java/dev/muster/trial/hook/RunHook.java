package dev.muster.trial.hook;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Callbacks in the life of a trial, in the order in which the train spec lists the hooks. What
 * {@link #onCheckpointLoad} and {@link #onCheckpointEnd} throw fails the trial; what {@link
 * #onTrialClose} throws is logged, since by then the trial has ended. Each call comes from the
 * slot's own thread.
 */
public abstract class RunHook {
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

  /** Called on every slot when the process's part in the trial ends: done, stopped or failed. */
  public void onTrialClose() throws IOException {}
}
