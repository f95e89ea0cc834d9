package dev.muster.job.spark;

/** No executor has a partition of the encoded data any more: the driver has to encode it again. */
final class ShardMissingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ShardMissingException(String message) {
    super(message);
  }
}
