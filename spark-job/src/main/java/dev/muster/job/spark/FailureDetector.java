package dev.muster.job.spark;

import dev.muster.job.spark.FirstCause.Evidence;
import dev.muster.job.spark.Message.LastWords;
import dev.muster.job.spark.Message.Position;
import java.time.Duration;
import java.util.Optional;

/**
 * Makes failures of what is heard of the seated slots, and of what is not: a slot without a sign of
 * life is frozen, one that lives and does not go on is stuck. Confined to the lock of its {@link
 * Gang}.
 */
final class FailureDetector {
  static final Duration DEAD_AFTER = Duration.ofSeconds(6);
  static final Duration SUSPECT_AFTER = Duration.ofMillis(2500);

  private final GangPlan plan;
  private final Roster roster;
  private final FirstCause firstCause = new FirstCause();

  FailureDetector(GangPlan plan, Roster roster) {
    this.plan = plan;
    this.roster = roster;
  }

  boolean isEmpty() {
    return firstCause.isEmpty();
  }

  boolean knows(long attempt) {
    return firstCause.knows(attempt);
  }

  /** The first cause, once it is settled. */
  Optional<SlotFailure> verdict(long nowNanos) {
    boolean someoneSilent =
        roster.silent(nowNanos, SUSPECT_AFTER).stream().anyMatch(slot -> !knows(slot.attempt()));
    return firstCause.verdict(nowNanos, someoneSilent);
  }

  void lastWords(LastWords words, long nowNanos) {
    Position at = words.position();
    firstCause.add(
        words.caller().attempt(),
        new SlotFailure.Site(
            plan.trialId(), at.rank(), words.host(), words.executorId(), at.step(), at.phase()),
        words.kind(),
        words.detail(),
        words.stackTrace(),
        Evidence.LAST_WORDS,
        nowNanos);
  }

  /** Whether a seated slot was on the executor. */
  boolean executorLost(String executorId, String reason, long nowNanos) {
    boolean found = false;
    for (Roster.Slot slot : roster.byRank()) {
      if (slot.join.executorId().equals(executorId)) {
        lost(slot, reason, nowNanos);
        found = true;
      }
    }
    return found;
  }

  void taskEnded(Roster.Slot slot, Gang.TaskEnd end, String reason, long nowNanos) {
    switch (end) {
      case SUCCESS -> ended(slot, FailureKind.DEFECT, "it left before the leg was over", nowNanos);
      case EXECUTOR_LOST -> lost(slot, reason, nowNanos);
      case KILLED ->
          ended(slot, FailureKind.INFRASTRUCTURE, "Spark killed its task: " + reason, nowNanos);
      case EXCEPTION -> ended(slot, FailureKind.DEFECT, "its task failed: " + reason, nowNanos);
    }
  }

  /** A task that had no seat yet; Spark would start it again and again. */
  void joinerFailed(long attempt, String executorId, String host, String reason, long nowNanos) {
    firstCause.add(
        attempt,
        new SlotFailure.Site(plan.trialId(), -1, host, executorId, 0, "joining"),
        FailureKind.DEFECT,
        "its task failed: " + reason,
        "",
        Evidence.TASK_ENDED,
        nowNanos);
  }

  /** Looks for frozen and stuck slots; whether there is one that was not known. */
  boolean look(long nowNanos) {
    boolean found = false;
    for (Roster.Slot slot : roster.silent(nowNanos, DEAD_AFTER)) {
      if (!knows(slot.attempt())) {
        String fact =
            "no sign of life for %.1f s: its process is frozen or cut off"
                .formatted((nowNanos - slot.heardNanos) / 1e9);
        add(slot, FailureKind.INFRASTRUCTURE, fact, Evidence.FROZEN, nowNanos);
        found = true;
      }
    }
    return lookForStuck(nowNanos) || found;
  }

  private boolean lookForStuck(long nowNanos) {
    if (!isEmpty()) {
      return false;
    }
    Optional<Roster.Slot> stuck = roster.stuck(plan.progressTimeout());
    stuck.ifPresent(
        slot ->
            add(
                slot,
                FailureKind.INFRASTRUCTURE,
                "no progress for %d s, the limit is %d s"
                    .formatted(slot.silentMillis / 1000, plan.progressTimeout().toSeconds()),
                Evidence.NO_PROGRESS,
                nowNanos));
    return stuck.isPresent();
  }

  private void lost(Roster.Slot slot, String reason, long nowNanos) {
    add(
        slot,
        FailureKind.INFRASTRUCTURE,
        "its executor was lost: " + reason,
        Evidence.EXECUTOR_LOST,
        nowNanos);
  }

  private void ended(Roster.Slot slot, FailureKind kind, String fact, long nowNanos) {
    add(slot, kind, fact, Evidence.TASK_ENDED, nowNanos);
  }

  private void add(
      Roster.Slot slot, FailureKind kind, String fact, Evidence evidence, long nowNanos) {
    firstCause.add(
        slot.attempt(),
        new SlotFailure.Site(
            plan.trialId(),
            slot.seat.rank(),
            slot.join.host(),
            slot.join.executorId(),
            slot.position.step(),
            slot.position.phase()),
        kind,
        fact,
        "",
        evidence,
        nowNanos);
  }
}
