package dev.muster.job.spark;

/** A value of a row that its tensor cannot hold; the message goes on from the column's name. */
final class ShardValueException extends Exception {
  private static final long serialVersionUID = 1L;

  ShardValueException(String message) {
    super(message);
  }
}
