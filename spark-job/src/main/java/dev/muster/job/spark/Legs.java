package dev.muster.job.spark;

import org.apache.spark.SparkContext;

/**
 * Runs legs, each as one plain Spark job whose tasks are a gang. The door of the driver of the
 * experiment to the wire. Thread-safe; one leg at a time per trial.
 */
final class Legs {
  private final SparkContext context;
  private final DriverSwitchboard switchboard;
  private final SlotResources resources;

  /** Throws {@link IllegalStateException} when the context runs without {@link MusterPlugin}. */
  Legs(SparkContext context) {
    this.context = context;
    this.switchboard =
        DriverSwitchboard.current()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Cannot run legs: spark.plugins is '%s' and does not name %s"
                            .formatted(
                                context.getConf().get("spark.plugins", ""),
                                MusterPlugin.class.getName())));
    this.resources = switchboard.resources();
  }

  /** What the jobs on slots ask of executors. */
  SlotResources resources() {
    return resources;
  }

  /**
   * Runs a leg to its end; exactly one Spark job.
   *
   * @throws SlotFailure when a slot fails: the first cause
   * @throws GangException when the slots are not there in time, or Spark ends the job
   * @throws InterruptedException when this thread is interrupted: the leg has been ended
   */
  LegOutcome run(LegPlan plan, LegListener listener) throws GangException, InterruptedException {
    return new LegRun(context, switchboard, resources, plan, listener, switchboard.nextLeg()).run();
  }

  /** As {@link #run}, before any trial: the slots do what leaves nothing resident. */
  LegOutcome probe(LegPlan plan, LegListener listener) throws GangException, InterruptedException {
    try {
      return new LegRun(context, switchboard, resources, plan, listener, switchboard.nextProbe())
          .run();
    } finally {
      release(plan.trialId());
    }
  }

  /** Has all running legs stop at the next point where all their slots can. */
  void requestStop() {
    switchboard.gangs().forEach(Gang::requestStop);
  }

  /** Shows in Spark's metrics how far a trial is. */
  void progress(String trialId, long batches, long batchesInAll) {
    switchboard.gauges().show(trialId, batches, batchesInAll);
  }

  /** Keeps the trial's executors between its legs. */
  ExecutorHold hold(String trialId) {
    return ExecutorHold.start(context, resources, switchboard, trialId);
  }

  /** The trial pauses or ends: its replicas are closed within seconds. */
  void release(String trialId) {
    switchboard.gauges().removeTrial(trialId);
    switchboard.ledger(trialId).released();
  }
}
