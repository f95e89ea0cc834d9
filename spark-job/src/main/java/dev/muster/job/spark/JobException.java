package dev.muster.job.spark;

import org.jspecify.annotations.Nullable;

/** Why a run ends without its result; the message is for the user. */
public final class JobException extends Exception {
  private static final long serialVersionUID = 1L;

  private final JobExit exit;

  JobException(JobExit exit, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exit = exit;
  }

  JobException(JobExit exit, String message) {
    this(exit, message, null);
  }

  /** The code that the process ends with. */
  public JobExit exit() {
    return exit;
  }
}
