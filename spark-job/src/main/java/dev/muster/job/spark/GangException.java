package dev.muster.job.spark;

import org.jspecify.annotations.Nullable;

/** A leg has failed. The kind says whose failure it is. */
class GangException extends Exception {
  private static final long serialVersionUID = 1;

  private final FailureKind kind;

  GangException(FailureKind kind, String message) {
    this(kind, message, null);
  }

  GangException(FailureKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  final FailureKind kind() {
    return kind;
  }
}
