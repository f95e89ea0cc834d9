package dev.muster.job.spark;

import java.util.Set;

/** The states of some slots are on no executor any more: the validation has to be repeated. */
final class StatesMissingException extends Exception {
  private static final long serialVersionUID = 1L;

  StatesMissingException(Set<Integer> ranks) {
    super(
        "Cannot aggregate the metrics: expected the states of ranks "
            + ranks
            + " on an executor, found them on none");
  }
}
