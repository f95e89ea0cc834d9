package dev.muster.testkit;

import java.time.Duration;
import java.util.Objects;

/** What goes wrong in one slot before one step, once; a test hands it to the tester. Immutable. */
public sealed interface Fault {
  /** The slot. */
  int rank();

  /** The step before which it happens, from 1: the first batch of the trial is step 1. */
  long step();

  /** The slot pauses. */
  record Slow(int rank, long step, Duration pause) implements Fault {
    /** Checks the place. */
    public Slow {
      check(rank, step);
      Objects.requireNonNull(pause, "pause");
    }
  }

  /** The slot throws. */
  record Fail(int rank, long step, RuntimeException failure) implements Fault {
    /** Checks the place. */
    public Fail {
      check(rank, step);
      Objects.requireNonNull(failure, "failure");
    }
  }

  /** The slot's connections to its neighbours break. */
  record DropLink(int rank, long step) implements Fault {
    /** Checks the place. */
    public DropLink {
      check(rank, step);
    }
  }

  /** Slot {@code rank} pauses before this step; the others wait for it. */
  static Fault slow(int rank, long step, Duration pause) {
    return new Slow(rank, step, pause);
  }

  /** Slot {@code rank} throws before this step. */
  static Fault fail(int rank, long step, RuntimeException failure) {
    return new Fail(rank, step, failure);
  }

  /** The connections of slot {@code rank} break before this step. */
  static Fault dropLink(int rank, long step) {
    return new DropLink(rank, step);
  }

  private static void check(int rank, long step) {
    if (rank < 0 || step < 1) {
      throw new IllegalArgumentException(
          "Cannot make a fault: expected rank >= 0 and step >= 1, found " + rank + " and " + step);
    }
  }
}
