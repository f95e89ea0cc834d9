package dev.muster.job.spark;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Finds the first cause among failures whose news arrive in any order: the peer of a killed process
 * sees its connection reset before Spark knows that the executor is gone. So news that may be a
 * consequence (last words of kind {@link FailureKind#INFRASTRUCTURE}) wait {@value
 * #CONSEQUENCE_MILLIS} ms for a better cause, and a cause waits {@value #CAUSE_MILLIS} ms for what
 * follows from it. A slot's own words stay its cause even if its executor is lost later. Confined
 * to the lock of its {@link Gang}.
 */
final class FirstCause {
  static final long CAUSE_MILLIS = 500;
  static final long CONSEQUENCE_MILLIS = 2000;

  /** What the driver knows a failure by. */
  enum Evidence {
    LAST_WORDS,
    EXECUTOR_LOST,
    FROZEN,
    NO_PROGRESS,
    TASK_ENDED
  }

  private static final class Candidate {
    final int arrival;
    final SlotFailure.Site site;
    final FailureKind kind;
    String detail;
    final String stackTrace;
    boolean lost;
    final boolean mayBeConsequence;

    Candidate(
        int arrival,
        SlotFailure.Site site,
        FailureKind kind,
        String detail,
        String stackTrace,
        Evidence evidence) {
      this.arrival = arrival;
      this.site = site;
      this.kind = kind;
      this.detail = detail;
      this.stackTrace = stackTrace;
      this.lost = evidence == Evidence.EXECUTOR_LOST || evidence == Evidence.FROZEN;
      this.mayBeConsequence = evidence == Evidence.LAST_WORDS && kind == FailureKind.INFRASTRUCTURE;
    }

    boolean isCause() {
      return lost || !mayBeConsequence;
    }

    int weight() {
      return lost ? 0 : mayBeConsequence ? 2 : 1;
    }
  }

  private final Map<Long, Candidate> byAttempt = new LinkedHashMap<>();
  private long firstNewsNanos;
  private long firstCauseNanos;
  private boolean causeKnown;

  boolean isEmpty() {
    return byAttempt.isEmpty();
  }

  boolean knows(long attempt) {
    return byAttempt.containsKey(attempt);
  }

  void add(
      long attempt,
      SlotFailure.Site site,
      FailureKind kind,
      String detail,
      String stackTrace,
      Evidence evidence,
      long nowNanos) {
    if (byAttempt.isEmpty()) {
      firstNewsNanos = nowNanos;
    }
    Candidate known = byAttempt.get(attempt);
    if (known == null) {
      known = new Candidate(byAttempt.size(), site, kind, detail, stackTrace, evidence);
      byAttempt.put(attempt, known);
    } else if (evidence == Evidence.EXECUTOR_LOST && !known.lost) {
      known.lost = true;
      known.detail += "; then " + detail;
    }
    if (known.isCause() && !causeKnown) {
      causeKnown = true;
      firstCauseNanos = nowNanos;
    }
  }

  /**
   * The cause, once it is settled.
   *
   * @param someoneSilent whether another slot may be found frozen soon
   */
  Optional<SlotFailure> verdict(long nowNanos, boolean someoneSilent) {
    if (byAttempt.isEmpty()) {
      return Optional.empty();
    }
    boolean settled =
        causeKnown
            ? nowNanos - firstCauseNanos >= TimeUnit.MILLISECONDS.toNanos(CAUSE_MILLIS)
            : nowNanos - firstNewsNanos >= TimeUnit.MILLISECONDS.toNanos(CONSEQUENCE_MILLIS)
                && !someoneSilent;
    if (!settled) {
      return Optional.empty();
    }
    return byAttempt.values().stream()
        .min(Comparator.comparingInt(Candidate::weight).thenComparingInt(c -> c.arrival))
        .map(
            first ->
                new SlotFailure(
                    first.site, first.kind, first.detail, first.stackTrace, byAttempt.size() - 1));
  }
}
