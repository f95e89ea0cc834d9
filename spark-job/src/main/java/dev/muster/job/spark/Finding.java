package dev.muster.job.spark;

/**
 * What one check of the pre-flight found, as a line for people.
 *
 * @param check what was looked at, {@code storage} say
 * @param text what was found; of a warning and a problem with what to change
 */
record Finding(Level level, String check, String text) {
  enum Level {
    FINE,
    WARNING,
    /** The run cannot start. */
    PROBLEM
  }

  static Finding fine(String check, String text) {
    return new Finding(Level.FINE, check, text);
  }

  static Finding warning(String check, String text) {
    return new Finding(Level.WARNING, check, text);
  }

  static Finding problem(String check, String text) {
    return new Finding(Level.PROBLEM, check, text);
  }
}
