package dev.muster.trial;

/**
 * Thrown by a trial whose hyperparameters make no sense together: the trial ends without another
 * attempt, and the searcher is told.
 */
public class InvalidHyperparameterException extends TrialException {
  private static final long serialVersionUID = 1L;

  /**
   * A combination that cannot be trained.
   *
   * @param message which hyperparameters, and why
   */
  public InvalidHyperparameterException(String message) {
    super(message);
  }
}
