package dev.muster.job.config;

import java.util.UUID;

/** Where a trial's weights come from, in place of initial values. Immutable. */
public sealed interface WarmStart {
  /**
   * A checkpoint of any experiment below the same storage path.
   *
   * @param uuid {@code searcher.source_checkpoint_uuid}
   */
  record OfCheckpoint(UUID uuid) implements WarmStart {}

  /**
   * The newest checkpoint of a trial; in the file {@code searcher.source_trial_id:
   * EXPERIMENT_ID/TRIAL}.
   *
   * @param experimentId the directory of an experiment below the same storage path
   * @param trialId the trial's number in it, from 1
   */
  record OfTrial(String experimentId, int trialId) implements WarmStart {}
}
