package dev.muster.trial;

/**
 * What a user may set about running a model. The model directory, the seed and the checkpoints'
 * periods are Muster's: see {@code checkpoint_storage}, {@code reproducibility} and {@code
 * min_checkpoint_period} of the experiment's configuration. Immutable.
 */
public final class RunConfig {
  private static final RunConfig DEFAULT = new RunConfig(100, 100, true, false);

  private final int saveSummarySteps;
  private final int logStepCountSteps;
  private final boolean softPlacement;
  private final boolean placementLogged;

  private RunConfig(
      int saveSummarySteps, int logStepCountSteps, boolean softPlacement, boolean placementLogged) {
    this.saveSummarySteps = saveSummarySteps;
    this.logStepCountSteps = logStepCountSteps;
    this.softPlacement = softPlacement;
    this.placementLogged = placementLogged;
  }

  /** Summaries and log lines every 100 batches, soft placement, no log of placements. */
  public static RunConfig defaults() {
    return DEFAULT;
  }

  /**
   * With another period of the chief's summaries in {@link EstimatorTrialContext#tensorBoardPath}.
   *
   * @param batches at least 1, or 0 for none; default 100
   */
  public RunConfig saveSummarySteps(int batches) {
    return new RunConfig(
        period("saveSummarySteps", batches), logStepCountSteps, softPlacement, placementLogged);
  }

  /**
   * With another period of the chief's log lines of loss and speed.
   *
   * @param batches at least 1, or 0 for none; default 100
   */
  public RunConfig logStepCountSteps(int batches) {
    return new RunConfig(
        saveSummarySteps, period("logStepCountSteps", batches), softPlacement, placementLogged);
  }

  /** An op that was placed on a device that has no kernel for it is an error. */
  public RunConfig strictPlacement() {
    return new RunConfig(saveSummarySteps, logStepCountSteps, false, placementLogged);
  }

  /** TensorFlow logs the device of each op, on standard error of the executor. */
  public RunConfig logPlacement() {
    return new RunConfig(saveSummarySteps, logStepCountSteps, softPlacement, true);
  }

  private static int period(String name, int batches) {
    if (batches < 0) {
      throw new TrialException(
          "Cannot use " + name + " " + batches + ": expected a number of batches, or 0 for never");
    }
    return batches;
  }

  /** The batches from one summary to the next; 0 for none. */
  public int saveSummarySteps() {
    return saveSummarySteps;
  }

  /** The batches from one log line to the next; 0 for none. */
  public int logStepCountSteps() {
    return logStepCountSteps;
  }

  /** Whether ops may run on another device than the one that they were placed on. */
  public boolean isPlacementSoft() {
    return softPlacement;
  }

  /** Whether TensorFlow logs the device of each op. */
  public boolean isPlacementLogged() {
    return placementLogged;
  }
}
