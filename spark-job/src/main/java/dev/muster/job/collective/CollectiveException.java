package dev.muster.job.collective;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The exchange broke: a peer was lost, was silent for too long or did something else than this
 * rank, or the exchange was aborted. The ring is closed and cannot be used again. The message names
 * what was expected and found, the peer's rank and address, the phase and the step.
 */
public final class CollectiveException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int NO_PEER = -1;

  private final Phase phase;
  private final int peerRank;

  CollectiveException(Phase phase, int peerRank, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.phase = phase;
    this.peerRank = peerRank;
  }

  CollectiveException(Phase phase, String message, @Nullable Throwable cause) {
    this(phase, NO_PEER, message, cause);
  }

  /** What this rank was doing. */
  public Phase phase() {
    return phase;
  }

  /**
   * The neighbour at fault, where it is known; a lost rank further away shows as a neighbour that
   * closed.
   */
  public OptionalInt peerRank() {
    return peerRank == NO_PEER ? OptionalInt.empty() : OptionalInt.of(peerRank);
  }
}
