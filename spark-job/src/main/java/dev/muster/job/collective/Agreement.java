package dev.muster.job.collective;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** All ranks' ballots of one exchange, the same on every rank. Immutable. */
public final class Agreement {
  private final List<Ballot> ballots;

  private Agreement(List<Ballot> ballots) {
    this.ballots = List.copyOf(ballots);
  }

  /**
   * The agreement of these ballots.
   *
   * @param ballots one per rank, in rank order
   */
  public static Agreement of(List<Ballot> ballots) {
    return new Agreement(ballots);
  }

  /** The number of ranks. */
  public int size() {
    return ballots.size();
  }

  /** The number of examples of one rank. */
  public long examples(int rank) {
    return ballots.get(rank).examples();
  }

  /** The number of examples of all ranks. */
  public long totalExamples() {
    return ballots.stream().mapToLong(Ballot::examples).sum();
  }

  /** Whether any rank was asked to stop. */
  public boolean stop() {
    return ballots.stream().anyMatch(Ballot::stop);
  }

  /** Whether any rank failed. */
  public boolean failed() {
    return failedRank().isPresent();
  }

  /** The lowest rank that failed. */
  public OptionalInt failedRank() {
    return IntStream.range(0, size()).filter(rank -> ballots.get(rank).failed()).findFirst();
  }

  @Override
  public String toString() {
    return "Agreement" + ballots;
  }
}
