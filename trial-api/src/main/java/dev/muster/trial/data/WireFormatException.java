package dev.muster.trial.data;

/** Bytes that are no message; its message says what was expected and found. */
final class WireFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  WireFormatException(String message) {
    super(message);
  }
}
