package dev.muster.job.data;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Pipeline;
import dev.muster.trial.data.Selection;

/**
 * What a pass reads of the {@link GlobalOrder}, and how its last batch ends. Immutable.
 *
 * @param first the position of the order at which each pass begins
 * @param records the positions of one pass, at least 1
 * @param ending of the last batch
 */
public record Pass(long first, long records, Ending ending) {
  /** What becomes of a batch for which a pass has too few records left. */
  public enum Ending {
    /** It is smaller. */
    SMALLER,
    /** It is left out: the pass ends before it. */
    DROPPED,
    /** It runs on into the next pass. */
    RUN_ON
  }

  /** Checks that there is something to read. */
  public Pass {
    if (first < 0 || records < 1) {
      throw new IllegalArgumentException(
          "Cannot make passes of " + records + " records from position " + first + " on");
    }
  }

  /** All positions of the order. */
  static Pass whole(GlobalOrder order, boolean runOn) {
    return new Pass(0, order.records(), runOn ? Ending.RUN_ON : Ending.SMALLER);
  }

  /**
   * The passes over a data set.
   *
   * @param stored the number of its encoded records
   * @throws TrialException if its pipeline leaves none
   */
  public static Pass of(Dataset dataset, long stored) {
    Pipeline pipeline = dataset.pipeline();
    refuseNone(dataset, pipeline.ofPass(), stored);
    return new Pass(pipeline.ofPass().skip(), pipeline.ofPass().count(stored), ending(pipeline));
  }

  private static Ending ending(Pipeline pipeline) {
    if (pipeline.isRepeatedBeforeBatch()) {
      return Ending.RUN_ON;
    }
    return pipeline.isRemainderDropped() ? Ending.DROPPED : Ending.SMALLER;
  }

  /** Refuses a selection that leaves no record. */
  public static void refuseNone(Dataset dataset, Selection selection, long records) {
    if (selection.count(records) == 0) {
      throw new TrialException(
          "Cannot read data set '"
              + dataset.description()
              + "': "
              + (selection.isAll()
                  ? "it has no records; check its source"
                  : selection + " leaves none of its " + records + " records; skip fewer"));
    }
  }

  /**
   * Refuses passes of which no batch would be left.
   *
   * @param what for the message, e.g. {@code training}
   * @param batch the records of a whole batch over all slots that share the records out
   * @throws TrialException if there is no whole batch, and a remainder is dropped
   */
  public void refuseNoBatch(String what, long batch) {
    if (ending == Ending.DROPPED && records < batch) {
      throw new TrialException(
          "Cannot use the "
              + what
              + " data: dropRemainder() leaves no batch of it: a pass has "
              + records
              + " records, less than one global batch of "
              + batch
              + "; add records, lower the batch size, or remove dropRemainder()");
    }
  }

  /** The records that the batches of one pass have together, of so many each. */
  long inBatches(long batch) {
    return ending == Ending.DROPPED ? records / batch * batch : records;
  }
}
