package dev.muster.job.spark;

import java.util.List;

/** Hears of a leg. An exception of a listener ends the leg. */
interface LegListener {
  /** Slots are missing: how many, since when and why. On the thread of {@link Legs#run}. */
  void onWaiting(String line);

  /** All slots have a seat; once, in rank order. On the thread of {@link Legs#run}. */
  void onSeated(List<Seated> slots);

  /**
   * A report; those of a rank come in their order. On the thread {@code muster-reports}, all before
   * {@link Legs#run} returns.
   *
   * @return true to have all slots stop at the next point where they can
   */
  boolean onReport(int rank, byte[] payload);
}
