package dev.muster.job.runtime;

import java.util.Map;

/**
 * What a slot needs to build a trial: the same on the driver and in every slot.
 *
 * @param experimentId the experiment's directory name
 * @param trialId the trial's number, from 1
 * @param seed of initial values, shuffling and all random ops
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

  /** GPUs of a replica: 0 or 1. */
  public int gpusPerSlot() {
    return group("resources").get("gpus_per_slot") instanceof Number gpus ? gpus.intValue() : 0;
  }

  /** The hyperparameters. */
  Map<String, Object> hparams() {
    return group("hyperparameters");
  }

  /** The entries of {@code data}. */
  Map<String, Object> data() {
    return group("data");
  }

  /** How many batches an update takes. */
  Aggregation aggregation() {
    return Aggregation.of(group("optimizations"));
  }

  /** How many steps lie between two checks that slots have the same variables; 0: never. */
  long checkVariablesEvery() {
    return group("debug").get("check_variables_every") instanceof Number every
        ? every.longValue()
        : 0;
  }

  @SuppressWarnings("unchecked") // checked when the configuration was parsed
  private Map<String, Object> group(String name) {
    return (Map<String, Object>) experimentConfig.getOrDefault(name, Map.of());
  }
}
