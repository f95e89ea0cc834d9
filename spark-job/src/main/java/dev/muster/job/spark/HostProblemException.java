package dev.muster.job.spark;

import java.util.List;

/** TensorFlow cannot be loaded on a host; the message says what is needed, found, and the cure. */
final class HostProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HostProblemException(String host, List<String> problems) {
    super("Cannot load TensorFlow on host " + host + ": " + String.join("; ", problems));
  }
}
