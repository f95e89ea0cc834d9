package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The reports of a leg's slots until each has reported a step; handed on in rank order, whatever
 * the order in which they came. Confined to the thread {@code muster-reports}.
 */
final class StepReports {
  private final int slots;
  private final Map<Integer, SortedMap<Integer, SlotReport>> open = new HashMap<>();

  StepReports(int slots) {
    this.slots = slots;
  }

  /**
   * Adds a report.
   *
   * @return the reports of all slots, by rank, when this was the step's last one
   */
  Optional<List<SlotReport>> add(int rank, SlotReport report) {
    SortedMap<Integer, SlotReport> ofStep =
        open.computeIfAbsent(report.step(), step -> new TreeMap<>());
    ofStep.put(rank, report);
    if (ofStep.size() < slots) {
      return Optional.empty();
    }
    open.remove(report.step());
    return Optional.of(new ArrayList<>(ofStep.values()));
  }
}
