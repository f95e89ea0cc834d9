package dev.muster.job.spark;

import java.time.Duration;

/**
 * The facts of one generation before it is formed.
 *
 * @param previousGeneration the generation whose replicas hold the trial's state, 0 if none does
 * @param secret 32 random bytes
 */
record GangPlan(
    String trialId,
    long leg,
    long generation,
    long previousGeneration,
    int slots,
    Blob order,
    Blob secret,
    Duration joinDeadline,
    Duration progressTimeout) {

  /** How a sentence on what ended the leg begins. */
  String cannot() {
    return leg < 0 ? "Cannot begin" : "Cannot train trial " + trialId;
  }
}
