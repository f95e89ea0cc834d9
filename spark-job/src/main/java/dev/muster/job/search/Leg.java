package dev.muster.job.search;

import java.util.List;

/**
 * The workloads that the slots run, in order, without a decision of the driver. Immutable.
 *
 * @param workloads ends with a validation, with the end of the trial, or (a very long one) after
 *     {@value WorkloadSequencer#MAX_WORKLOADS} workloads; empty when the trial is complete
 * @param last whether the trial is complete after these workloads, whatever the metric is
 */
public record Leg(List<Workload> workloads, boolean last) {
  /** Copies the list. */
  public Leg {
    workloads = List.copyOf(workloads);
  }

  /** Whether there is nothing to do: the trial is complete. */
  public boolean isEmpty() {
    return workloads.isEmpty();
  }
}
