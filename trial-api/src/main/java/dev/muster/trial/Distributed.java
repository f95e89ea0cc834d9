package dev.muster.trial;

/**
 * Which slot this is.
 *
 * @param rank from 0 to size - 1
 * @param size the number of slots
 */
public record Distributed(int rank, int size) {
  /** Checks that the rank is one of the ranks. */
  public Distributed {
    if (size < 1 || rank < 0 || rank >= size) {
      throw new IllegalArgumentException("rank " + rank + " of " + size);
    }
  }

  /** Whether this is rank 0, which writes the model of a checkpoint. */
  public boolean isChief() {
    return rank == 0;
  }
}
