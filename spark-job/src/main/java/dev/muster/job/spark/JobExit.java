package dev.muster.job.spark;

/** How a run ended, and the code that its process ends with. */
public enum JobExit {
  /** All that was asked for is done. */
  DONE(0),
  /** A defect of Muster's own. */
  DEFECT(1),
  /** The command line, the configuration or the pre-flight: nothing was trained. */
  SETUP(2),
  /** The user's code failed. */
  USER(3),
  /** The cluster, the network or the storage failed. */
  INFRASTRUCTURE(4),
  /** Stopped on request; a checkpoint was taken. */
  STOPPED(5);

  private final int code;

  JobExit(int code) {
    this.code = code;
  }

  /** The code of the process. */
  public int code() {
    return code;
  }

  static JobExit of(FailureKind kind) {
    return switch (kind) {
      case USER, HYPERPARAMETER -> USER;
      case INFRASTRUCTURE, DATA -> INFRASTRUCTURE;
      case DEFECT -> DEFECT;
      case SETUP -> SETUP;
    };
  }

  /** The end with this code; a code that nobody gives is a defect. */
  public static JobExit ofCode(int code) {
    for (JobExit exit : values()) {
      if (exit.code == code) {
        return exit;
      }
    }
    return DEFECT;
  }
}
