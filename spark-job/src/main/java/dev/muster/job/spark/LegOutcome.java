package dev.muster.job.spark;

import java.util.List;

/**
 * A leg that is over: all slots have done what the order said, or have stopped as requested.
 *
 * @param slots in rank order; their replicas are resident
 */
record LegOutcome(long generation, List<Seated> slots, boolean stopRequested) {
  LegOutcome {
    slots = List.copyOf(slots);
  }
}
