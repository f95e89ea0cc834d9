package dev.muster.job.checkpoint;

import org.jspecify.annotations.Nullable;

/**
 * The storage refused or failed: an infrastructure's failure, not one of the user's model code. The
 * message names the act, the path, the user and, where it is known, the cure.
 */
public class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StorageException(String message) {
    super(message);
  }

  StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
