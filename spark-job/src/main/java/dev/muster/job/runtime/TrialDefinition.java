package dev.muster.job.runtime;

import java.util.Map;

/**
 * What a slot needs to build a trial: the same on the driver and in every slot.
 *
 * @param experimentId the experiment's directory name
 * @param trialId the trial's number, from 1
 * @param seed of initial values and shuffling
 * @param entrypoint the name of the trial's class
 * @param experimentConfig the configuration as run: nested maps, lists, texts, numbers, truth
 *     values
 * @param slots the number of slots
 */
public record TrialDefinition(
    String experimentId,
    int trialId,
    long seed,
    String entrypoint,
    Map<String, Object> experimentConfig,
    int slots) {
  /** Checks that there is a slot. */
  public TrialDefinition {
    if (slots < 1) {
      throw new IllegalArgumentException("slots " + slots);
    }
  }

  /** The hyperparameters. */
  Map<String, Object> hparams() {
    return group("hyperparameters");
  }

  /** The entries of {@code data}. */
  Map<String, Object> data() {
    return group("data");
  }

  @SuppressWarnings("unchecked") // checked when the configuration was parsed
  private Map<String, Object> group(String name) {
    return (Map<String, Object>) experimentConfig.getOrDefault(name, Map.of());
  }
}
