package dev.muster.job.search;

import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.config.Length;
import java.util.Optional;

/**
 * What comes next in a state: the loop of SPEC section 5, turned inside out into a function, so
 * that a trial goes on from any state. Periods and lengths are in batches. Immutable.
 */
record Plan(
    long length,
    long validationPeriod,
    long checkpointPeriod,
    int schedulingUnit,
    boolean initialValidation) {

  static Plan of(ExperimentConfig config, long effectiveGlobalBatch, long recordsPerEpoch) {
    long perEpoch = config.recordsPerEpoch().orElse(recordsPerEpoch);
    return new Plan(
        config.searcher().maxLength().asBatches(effectiveGlobalBatch, perEpoch),
        period(config.minValidationPeriod(), effectiveGlobalBatch, perEpoch),
        period(config.minCheckpointPeriod(), effectiveGlobalBatch, perEpoch),
        config.schedulingUnit(),
        config.performInitialValidation());
  }

  private static long period(Optional<Length> period, long globalBatch, long perEpoch) {
    return period.map(length -> length.asBatches(globalBatch, perEpoch)).orElse(Long.MAX_VALUE);
  }

  /** The next workload, or empty where the trial is complete. */
  Optional<Workload> next(SequencerState state, boolean stopping) {
    if (state.checkpointOwed() || (stopping && state.hasUnsavedTraining())) {
      return Optional.of(new Workload.Checkpoint());
    }
    return stopping ? Optional.empty() : next(state);
  }

  private Optional<Workload> next(SequencerState state) {
    long trained = state.batchesTrained();
    boolean neverValidated = state.validatedAt().isEmpty();
    long untilValidation = validationPeriod - (trained - state.validatedAt().orElse(0));
    long untilCheckpoint = checkpointPeriod - (trained - state.batchesSaved());
    if (untilValidation <= 0 || (trained == 0 && initialValidation && neverValidated)) {
      return Optional.of(new Workload.Validate());
    }
    if (untilCheckpoint <= 0) {
      return Optional.of(new Workload.Checkpoint());
    }
    if (trained < length) {
      long untilReport = Math.min(untilValidation, untilCheckpoint);
      long batches = Math.min(schedulingUnit, Math.min(untilReport, length - trained));
      return Optional.of(new Workload.Train(Math.toIntExact(batches)));
    }
    if (state.hasUnsavedTraining()) {
      return Optional.of(new Workload.Checkpoint());
    }
    return neverValidated || state.validatedAt().orElseThrow() < trained
        ? Optional.of(new Workload.Validate())
        : Optional.empty();
  }
}
