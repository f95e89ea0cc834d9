package dev.muster.trial.data;

import dev.muster.trial.TrialException;

/**
 * Which of a sequence of records are read: those with the numbers skip, skip + 1 … skip + take - 1,
 * as far as there are records. Immutable.
 *
 * @param skip the records before the first, from 0
 * @param take the most records, at least 1; {@link Long#MAX_VALUE} for all that follow
 */
public record Selection(long skip, long take) {
  /** All records. */
  public static final Selection ALL = new Selection(0, Long.MAX_VALUE);

  /** Checks both numbers. */
  public Selection {
    if (skip < 0 || take < 1) {
      throw new IllegalArgumentException(
          "Cannot select " + take + " records after " + skip + ": a number is too small");
    }
  }

  /**
   * Without the first of these records.
   *
   * @param records at least 0
   * @throws TrialException if fewer are taken than are to be skipped
   */
  Selection thenSkip(long records) {
    if (records < 0) {
      throw new TrialException(
          "Cannot skip " + records + " records: expected a number of at least 0");
    }
    if (records >= take) {
      throw new TrialException(
          "Cannot skip "
              + records
              + " records of a data set of which take() has left "
              + take
              + ": no record is left");
    }
    return new Selection(
        saturated(skip, records), take == Long.MAX_VALUE ? Long.MAX_VALUE : take - records);
  }

  /**
   * The first of these records.
   *
   * @param records at least 1
   */
  Selection thenTake(long records) {
    if (records < 1) {
      throw new TrialException(
          "Cannot take " + records + " records: expected a number of at least 1");
    }
    return new Selection(skip, Math.min(take, records));
  }

  private static long saturated(long some, long more) {
    return more > Long.MAX_VALUE - some ? Long.MAX_VALUE : some + more;
  }

  /** Whether nothing is left out, however many records there are. */
  public boolean isAll() {
    return equals(ALL);
  }

  /** How many of so many records are selected; may be 0. */
  public long count(long records) {
    return Math.max(0, Math.min(take, records - skip));
  }

  /** The number after that of the last record, where there are so many in all. */
  public long end(long records) {
    return Math.min(records, skip) + count(records);
  }

  /** As the calls that make it, e.g. {@code skip(10).take(5)}. */
  @Override
  public String toString() {
    String skipped = skip == 0 ? "" : "skip(" + skip + ")";
    String taken = take == Long.MAX_VALUE ? "" : "take(" + take + ")";
    return skipped.isEmpty() || taken.isEmpty() ? skipped + taken : skipped + "." + taken;
  }
}
