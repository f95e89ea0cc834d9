package dev.muster.job.collective;

/**
 * What one rank says before each exchange.
 *
 * @param step the step that the rank is in; must be the same on all ranks
 * @param bucket the bucket of gradients; must be the same on all ranks
 * @param examples the number of examples behind this rank's gradients, 0 or more
 * @param stop whether this rank was asked to stop after this step
 * @param failed whether this rank cannot go on
 */
public record Ballot(long step, int bucket, long examples, boolean stop, boolean failed) {
  public Ballot {
    if (examples < 0) {
      throw new IllegalArgumentException(
          "Cannot vote: expected 0 examples or more, found " + examples);
    }
  }
}
