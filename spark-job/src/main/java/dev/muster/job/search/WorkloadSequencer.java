package dev.muster.job.search;

import dev.muster.job.config.CheckpointPolicy;
import dev.muster.job.config.ExperimentConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Queue;

/**
 * The workload sequence of one trial under the searcher {@code single} (SPEC section 5), leg by
 * leg. Confined to one thread at a time.
 *
 * <p>The driver asks for a leg, tells each workload that the slots report as completed, and tells
 * the metric after a validation. A leg that ends early is no error: the next one starts from what
 * was completed. A step-0 validation counts for the best metric of the experiment and takes no
 * checkpoint.
 */
public final class WorkloadSequencer {
  /** The most workloads in one leg, so that an endless trial fits into memory. */
  public static final int MAX_WORKLOADS = 100_000;

  private final Plan plan;
  private final CheckpointPolicy policy;
  private final boolean smallerIsBetter;
  private final Queue<Workload> outstanding = new ArrayDeque<>();
  private SequencerState state;
  private boolean awaitsMetric;
  private boolean stopping;

  private WorkloadSequencer(Plan plan, ExperimentConfig config, SequencerState state) {
    this.plan = plan;
    this.policy = config.checkpointPolicy();
    this.smallerIsBetter = config.searcher().smallerIsBetter();
    this.state = state;
  }

  /**
   * A sequence from the beginning.
   *
   * @param effectiveGlobalBatch records in one batch over all slots, at least 1
   * @param recordsPerEpoch records of the training data, at least 1; the configuration's {@code
   *     records_per_epoch} wins where it is set
   */
  public static WorkloadSequencer of(
      ExperimentConfig config, long effectiveGlobalBatch, long recordsPerEpoch) {
    return resume(config, effectiveGlobalBatch, recordsPerEpoch, SequencerState.initial());
  }

  /** A sequence that goes on from {@link #state}; parameters as of {@link #of}. */
  public static WorkloadSequencer resume(
      ExperimentConfig config,
      long effectiveGlobalBatch,
      long recordsPerEpoch,
      SequencerState state) {
    Plan plan = Plan.of(config, effectiveGlobalBatch, recordsPerEpoch);
    return new WorkloadSequencer(plan, config, state);
  }

  /**
   * The next leg, from what was completed up to now; what was not completed of the leg before is
   * planned again. Empty when the trial is complete.
   *
   * @throws IllegalStateException if the last validation's metric was not told
   */
  public Leg nextLeg() {
    if (awaitsMetric) {
      throw new IllegalStateException(
          "Cannot plan a leg: expected the metric of the validation at batch "
              + batchesTrained()
              + ", found none");
    }
    List<Workload> workloads = new ArrayList<>();
    SequencerState planned = state;
    Optional<Workload> next = plan.next(planned, stopping);
    while (next.isPresent() && workloads.size() < MAX_WORKLOADS) {
      Workload workload = next.get();
      workloads.add(workload);
      planned = planned.after(workload);
      next = plan.next(planned, stopping);
      if (workload instanceof Workload.Validate) {
        break;
      }
    }
    outstanding.clear();
    outstanding.addAll(workloads);
    return new Leg(workloads, next.isEmpty());
  }

  /**
   * Takes note that all slots have completed a workload of the leg, in the leg's order.
   *
   * @throws IllegalStateException if it is not the one whose turn it is
   */
  public void completed(Workload workload) {
    Workload expected = outstanding.peek();
    if (!workload.equals(expected)) {
      throw new IllegalStateException(
          "Cannot complete %s: expected %s"
              .formatted(workload, expected == null ? "nothing, the leg is over" : expected));
    }
    outstanding.remove();
    state = state.after(workload);
    awaitsMetric = workload instanceof Workload.Validate;
  }

  /**
   * Takes note of the searcher's metric of the validation just completed, and decides whether the
   * next leg begins with a checkpoint.
   *
   * @param metric NaN counts as the worst: it is never better, and anything is better than it
   * @throws IllegalStateException if no validation waits for its metric
   */
  public void validated(double metric) {
    if (!awaitsMetric) {
      throw new IllegalStateException(
          "Cannot take the metric " + metric + ": expected a completed validation, found none");
    }
    awaitsMetric = false;
    boolean better = isBetter(metric);
    boolean policyAsks =
        switch (policy) {
          case ALL -> true;
          case BEST -> better;
          case NONE -> false;
        };
    OptionalDouble best = better ? OptionalDouble.of(metric) : state.bestMetric();
    state = state.withMetric(best, policyAsks);
  }

  private boolean isBetter(double metric) {
    if (Double.isNaN(metric)) {
      return false;
    }
    if (state.bestMetric().isEmpty()) {
      return true;
    }
    double best = state.bestMetric().getAsDouble();
    return smallerIsBetter ? metric < best : metric > best;
  }

  /**
   * Ends the trial early: the next leg is a checkpoint of unsaved training, if any, then the trial
   * is complete. Workloads of the running leg may still be completed.
   */
  public void stop() {
    stopping = true;
  }

  /** Batches trained in all. */
  public long batchesTrained() {
    return state.batchesTrained();
  }

  /** Batches that the trial trains in all, if it is not stopped. */
  public long batchesInAll() {
    return plan.length();
  }

  /** The best metric of the experiment; empty before the first that is a number. */
  public OptionalDouble bestMetric() {
    return state.bestMetric();
  }

  /** Where the trial stands after the completed workloads. */
  public SequencerState state() {
    return state;
  }
}
