package dev.muster.job.cluster;

import org.junit.jupiter.api.Assumptions;

/** Says why a heavy test does not run here: in the output, and to JUnit. */
public final class SkipReason {
  private static final String NEVER_SKIP = "MUSTER_NEVER_SKIP";

  private SkipReason() {}

  /**
   * Ends the calling test as skipped, or as failed where the environment says {@code
   * MUSTER_NEVER_SKIP=1}, so that a machine that should run everything cannot pass by skipping.
   */
  public static void skip(String reason) {
    if ("1".equals(System.getenv(NEVER_SKIP))) {
      throw new AssertionError("Cannot skip with " + NEVER_SKIP + "=1: " + reason);
    }
    System.err.println("SKIPPED: " + reason);
    Assumptions.abort(reason);
  }

  /** Skips the calling test unless the condition holds. */
  public static void unless(boolean condition, String reason) {
    if (!condition) {
      skip(reason);
    }
  }
}
