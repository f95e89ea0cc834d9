package dev.muster.job.spark;

import org.apache.spark.SparkContext;

/**
 * Runs legs, each as one plain Spark job whose tasks are a gang. The door of the driver of the
 * experiment to the wire. Thread-safe; one leg at a time per trial.
 */
final class Legs {
  private final SparkContext context;
  private final DriverSwitchboard switchboard;

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
  }

  /**
   * Runs a leg to its end; exactly one Spark job.
   *
   * @throws SlotFailure when a slot fails: the first cause
   * @throws GangException when the slots are not there in time, or Spark ends the job
   * @throws InterruptedException when this thread is interrupted: the leg has been ended
   */
  LegOutcome run(LegPlan plan, LegListener listener) throws GangException, InterruptedException {
    return new LegRun(context, switchboard, plan, listener).run();
  }

  /** Has all running legs stop at the next point where all their slots can. */
  void requestStop() {
    switchboard.gangs().forEach(Gang::requestStop);
  }

  /** The trial pauses or ends: its replicas are closed within seconds. */
  void release(String trialId) {
    switchboard.ledger(trialId).released();
  }
}
