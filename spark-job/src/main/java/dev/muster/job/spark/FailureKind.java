package dev.muster.job.spark;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Whose failure it is: decides what may be tried again and which exit code the run ends with. */
enum FailureKind {
  /** The user's code or model: fails again the same way. */
  USER(1),
  /** This choice of hyperparameters cannot be trained. */
  HYPERPARAMETER(2),
  /** Machines, network, storage, or the consequence of another slot's failure. */
  INFRASTRUCTURE(3),
  /** Muster's own. */
  DEFECT(4),
  /** How the job was submitted: nothing can run this way. */
  SETUP(5),
  /** Encoded records are gone or damaged: the driver encodes them again, and the trial goes on. */
  DATA(6);

  private static final String INVALID_HYPERPARAMETER =
      "dev.muster.trial.InvalidHyperparameterException";

  private final int code;

  FailureKind(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static FailureKind ofCode(int code) {
    for (FailureKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw WireReader.broken("a kind of failure is " + code + ", which does not exist");
  }

  /** The kind that an exception shows by its type alone. */
  static FailureKind of(Throwable failure) {
    int depth = 0;
    for (@Nullable Throwable t = failure; t != null && depth < 50; t = t.getCause(), depth++) {
      if (t.getClass().getName().equals(INVALID_HYPERPARAMETER)) {
        return HYPERPARAMETER;
      }
      if (t instanceof IOException
          || t instanceof InterruptedException
          || t instanceof CancellationException
          || t instanceof TimeoutException
          || t instanceof OutOfMemoryError) {
        return INFRASTRUCTURE;
      }
    }
    return USER;
  }
}
