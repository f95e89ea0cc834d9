package dev.muster.job.spark;

import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trial over the losses of its state: when all its executors went between two legs, or a slot
 * found encoded records gone or damaged, it goes on from its newest checkpoint, or begins anew
 * where there is none. Confined to the driver's thread.
 */
final class TrialAttempts {
  private static final Logger LOG = LoggerFactory.getLogger(TrialAttempts.class);

  /** How often a trial may lose its state without a new checkpoint in between. */
  private static final int LOSSES_IN_A_ROW = 5;

  /** Makes what one attempt is. */
  @FunctionalInterface
  interface Maker {
    /**
     * The attempt.
     *
     * @param start where it begins, null: with initial values
     * @param legsBefore the legs of earlier attempts
     */
    TrialRun attempt(@Nullable StartPoint start, int legsBefore);
  }

  private final Maker maker;
  private final StartPoints points;
  private final ResultFile result;
  private final Runnable dataLost;
  private final Consumer<String> lines;

  /**
   * The attempts of a trial.
   *
   * @param dataLost called when stored records may be gone or damaged, before the next attempt
   */
  TrialAttempts(
      Maker maker,
      StartPoints points,
      ResultFile result,
      Runnable dataLost,
      Consumer<String> lines) {
    this.dataLost = dataLost;
    this.maker = maker;
    this.points = points;
    this.result = result;
    this.lines = lines;
  }

  TrialRun.End run(@Nullable StartPoint first) throws JobException, InterruptedException {
    StartPoint start = first;
    int legs = 0;
    int lossesInARow = 0;
    while (true) {
      TrialRun attempt = maker.attempt(start, legs);
      try {
        return attempt.run();
      } catch (JobException e) {
        String lost = lost(e);
        StartPoint next = newest(first);
        lossesInARow = isNewer(next, start) ? 1 : lossesInARow + 1;
        if (lossesInARow > LOSSES_IN_A_ROW) {
          throw new JobException(
              e.exit(),
              "%s; that was so %d times without a checkpoint in between: set min_checkpoint_period%s"
                  .formatted(
                      e.getMessage(),
                      lossesInARow,
                      e.getCause() instanceof StateLostException
                          ? ", or raise spark.dynamicAllocation.executorIdleTimeout"
                          : ", and look at the executors' local disks"),
              e.getCause());
        }
        LOG.warn("{}", e.getMessage());
        legs = attempt.legsRun();
        start = next;
        restarted(lost, start);
      }
    }
  }

  /** What was lost, if the trial can go on all the same. */
  private String lost(JobException failure) throws JobException {
    if (failure.getCause() instanceof StateLostException) {
      return "the trial's executors were lost between two legs, and its state with them";
    }
    if (failure.getCause() instanceof SlotFailure slot && slot.kind() == FailureKind.DATA) {
      dataLost.run();
      return "rank %d on host %s found encoded records gone or damaged, and they are encoded again"
          .formatted(slot.rank(), slot.host());
    }
    throw failure;
  }

  private @Nullable StartPoint newest(@Nullable StartPoint first) throws JobException {
    Optional<ResultFile.Saved> saved = result.newestCheckpoint();
    return saved.isPresent() ? points.resume(saved.get().path()) : first;
  }

  private static boolean isNewer(@Nullable StartPoint next, @Nullable StartPoint than) {
    return next != null && (than == null || next.initialBatch() > than.initialBatch());
  }

  private void restarted(String lost, @Nullable StartPoint from) {
    long batches = from == null ? 0 : from.initialBatch();
    long records = from == null ? 0 : from.initialRecords();
    result.restarted(batches, records);
    lines.accept(
        lost
            + "; it goes on "
            + (from == null
                ? "from the beginning"
                : "after %,d batches, from %s".formatted(batches, from.path())));
  }
}
