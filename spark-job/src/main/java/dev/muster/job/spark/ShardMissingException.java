package dev.muster.job.spark;

/** A partition of the encoded data is gone or damaged: the driver has to encode it again. */
final class ShardMissingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ShardMissingException(String message) {
    super(message);
  }
}
