package dev.muster.job.spark;

import java.util.List;

/** A host is not fit for a slot; the message says what is needed, found, and the cure. */
final class HostProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A whole sentence. */
  HostProblemException(String message) {
    super(message);
  }

  HostProblemException(String host, List<String> problems) {
    super("Cannot load TensorFlow on host " + host + ": " + String.join("; ", problems));
  }
}
