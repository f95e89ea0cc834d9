package dev.muster.trial.data;

import dev.muster.job.data.Position;

/** Makes a cycle of packages, and uses the job, for {@code ArchitectureTest}; never run. */
public final class Offender {
  private Offender() {}

  /** The other half of the cycle. */
  public static Class<Position> offend() {
    dev.muster.trial.layer.Offender.offend();
    return Position.class;
  }
}
