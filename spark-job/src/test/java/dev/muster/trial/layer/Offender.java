package dev.muster.trial.layer;

/** Makes a cycle of packages for {@code ArchitectureTest}; never run. */
public final class Offender {
  private Offender() {}

  /** The other half of the cycle. */
  public static void offend() {
    dev.muster.trial.data.Offender.offend();
  }
}
