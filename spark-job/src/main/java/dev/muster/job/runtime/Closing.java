package dev.muster.job.runtime;

import java.util.List;
import org.slf4j.Logger;

/** Closes everything, whatever fails on the way. */
final class Closing {
  /** One thing to close. */
  @FunctionalInterface
  interface Step {
    void close() throws Exception;
  }

  private Closing() {}

  static void all(Logger log, List<Step> steps) {
    for (Step step : steps) {
      try {
        step.close();
      } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
        log.warn("Cannot close a part of a replica", e);
      }
    }
  }
}
