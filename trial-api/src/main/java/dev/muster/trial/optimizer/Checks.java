package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;

/** What is right for a parameter of an optimizer. */
final class Checks {
  private Checks() {}

  static float positive(String what, float value) {
    if (!(value > 0) || Float.isInfinite(value)) {
      throw new TrialException(
          "Cannot use " + what + " " + value + ": expected a finite number above 0");
    }
    return value;
  }

  static float notNegative(String what, float value) {
    if (!(value >= 0) || Float.isInfinite(value)) {
      throw new TrialException(
          "Cannot use " + what + " " + value + ": expected a finite number from 0");
    }
    return value;
  }

  /** Decays of moving averages. */
  static float belowOne(String what, float value) {
    if (!(value >= 0 && value < 1)) {
      throw new TrialException(
          "Cannot use " + what + " " + value + ": expected a number from 0 and below 1");
    }
    return value;
  }

  static long steps(String what, long value) {
    if (value <= 0) {
      throw new TrialException("Cannot use " + what + " " + value + ": expected 1 or more");
    }
    return value;
  }
}
