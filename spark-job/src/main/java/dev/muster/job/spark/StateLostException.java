package dev.muster.job.spark;

/** All replicas of a trial went between two legs, and its state with them. */
final class StateLostException extends GangException {
  private static final long serialVersionUID = 1L;

  StateLostException(String message) {
    super(FailureKind.INFRASTRUCTURE, message);
  }
}
