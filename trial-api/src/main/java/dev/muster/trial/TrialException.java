package dev.muster.trial;

/** The trial is wrong, and its author has to change it: found while a trial is built or run. */
public class TrialException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A fault of the trial.
   *
   * @param message what cannot be done, what was expected and found, and what to change
   */
  public TrialException(String message) {
    super(message);
  }

  /**
   * A fault of the trial with its cause.
   *
   * @param message what cannot be done, what was expected and found, and what to change
   * @param cause what was thrown below
   */
  public TrialException(String message, Throwable cause) {
    super(message, cause);
  }
}
