package dev.muster.job.spark;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long a leg has been waiting for its slots, and what there is to say about it. Confined to the
 * lock of its {@link Gang}.
 */
final class Waiting {
  static final Duration FIRST_LINE = Duration.ofSeconds(2);
  static final Duration NEXT_LINE = Duration.ofSeconds(10);

  private final GangPlan plan;
  private final Cluster cluster;
  private long startNanos;
  private long nextLineNanos;
  private @Nullable String lastLoss;

  Waiting(GangPlan plan, Cluster cluster, long nowNanos) {
    this.plan = plan;
    this.cluster = cluster;
    this.startNanos = nowNanos;
    this.nextLineNanos = nowNanos + FIRST_LINE.toNanos();
  }

  void executorLost(String executorId, String reason) {
    lastLoss = "executor " + executorId + " was lost: " + reason;
  }

  /** The driver was paused for so long: that does not count. */
  void shift(long gapNanos) {
    startNanos += gapNanos;
  }

  boolean isExpired(long nowNanos) {
    return nowNanos - startNanos > plan.joinDeadline().toNanos();
  }

  GangException failure(int present, long nowNanos) {
    return new GangException(
        FailureKind.INFRASTRUCTURE, plan.cannot() + ": " + facts(present, nowNanos));
  }

  /** How many slots are missing, since when and why, if it is time to say so again. */
  Optional<String> line(int present, long nowNanos) {
    if (nowNanos < nextLineNanos) {
      return Optional.empty();
    }
    nextLineNanos = nowNanos + NEXT_LINE.toNanos();
    return Optional.of("Waiting for slots: " + facts(present, nowNanos));
  }

  private String facts(int present, long nowNanos) {
    return "%d of %d slots missing for %d s (the limit is %d s), %d joined; %s%s"
        .formatted(
            plan.slots() - present,
            plan.slots(),
            (nowNanos - startNanos) / 1_000_000_000,
            plan.joinDeadline().toSeconds(),
            present,
            cluster.describe(),
            lastLoss == null ? "" : "; " + lastLoss);
  }
}
