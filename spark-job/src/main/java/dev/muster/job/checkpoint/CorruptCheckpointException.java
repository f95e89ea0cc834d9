package dev.muster.job.checkpoint;

import org.jspecify.annotations.Nullable;

/**
 * A directory is no checkpoint (no manifest, or one that does not hold), or a file in it is not the
 * one that was committed. Trying again does not help; another checkpoint does.
 */
public final class CorruptCheckpointException extends StorageException {
  private static final long serialVersionUID = 1L;

  CorruptCheckpointException(String message) {
    super(message);
  }

  CorruptCheckpointException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
