package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.Gang.TaskEnd;
import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Claim;
import dev.muster.job.spark.Message.Done;
import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Join;
import dev.muster.job.spark.Message.LastWords;
import dev.muster.job.spark.Message.Over;
import dev.muster.job.spark.Message.Position;
import dev.muster.job.spark.Message.Report;
import dev.muster.job.spark.Message.Wait;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GangTest {
  private static final long LEG = 5;
  private static final long GENERATION = 8;
  private static final long PREVIOUS = 7;

  private final FakeTicker ticker = new FakeTicker();
  private final AtomicInteger changes = new AtomicInteger();
  private Gang gang = gang(2, 0);

  private static final class FakeTicker implements Ticker {
    private long nanos = -3; // nanoTime may be negative

    @Override
    public long nanos() {
      return nanos;
    }

    void advance(Duration duration) {
      nanos += duration.toNanos();
    }
  }

  private Gang gang(int slots, long previousGeneration) {
    Cluster cluster =
        new Cluster() {
          @Override
          public int slotsOf(String executorId) {
            return 3;
          }

          @Override
          public String describe() {
            return "1 executor with 1 slot in all registered";
          }
        };
    return new Gang(
        new GangPlan(
            "trial",
            LEG,
            GENERATION,
            previousGeneration,
            slots,
            Blob.of(new byte[] {1, 2}),
            Blob.of(new byte[32]),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30)),
        ticker,
        cluster,
        changes::incrementAndGet);
  }

  private Message join(long attempt, int partition, String executor, Claim claim) {
    return join(attempt, partition, executor, claim, GpuName.NONE);
  }

  private Message join(long attempt, int partition, String executor, Claim claim, GpuName gpu) {
    return gang.join(
        new Join(
            new Caller(LEG, attempt),
            partition,
            executor,
            "host-" + executor,
            "host-" + executor + ":" + (7000 + attempt),
            claim,
            gpu));
  }

  private Message join(long attempt, int partition, String executor) {
    return join(attempt, partition, executor, Claim.NONE);
  }

  private static Position at(int rank, long step, String phase) {
    return new Position(GENERATION, rank, step, phase);
  }

  private void beat(long attempt, int rank, long step, String phase, long silentMillis) {
    gang.heartbeat(
        new Beat(new Caller(LEG, attempt), at(rank, step, phase), silentMillis, Vitals.NONE));
  }

  private Message words(long attempt, int rank, FailureKind kind, String message) {
    return gang.lastWords(
        new LastWords(
            new Caller(LEG, attempt),
            at(rank, 9, "train"),
            "e" + rank,
            "host-e" + rank,
            kind,
            "java.lang.Exception",
            message,
            "trace of " + message));
  }

  private Message done(long attempt, int rank) {
    return gang.done(new Done(new Caller(LEG, attempt), at(rank, 20, "done")));
  }

  /** Ranks 0 and 1 as attempts 10 and 11 on executors e0 and e1. */
  private void seatTwo() {
    join(10, 0, "e0");
    join(11, 1, "e1");
    assertThat(gang.seated()).hasSize(2);
  }

  /** Time passes in ticks; the attempts with these ranks (attempt - 10) live. */
  private void pass(Duration duration, long... living) {
    for (long passed = 0; passed < duration.toMillis(); passed += 100) {
      ticker.advance(Duration.ofMillis(100));
      for (long attempt : living) {
        beat(attempt, (int) attempt - 10, 12, "train", 100);
      }
      gang.tick();
    }
  }

  private SlotFailure failure() {
    return (SlotFailure) gang.failure().orElseThrow();
  }

  // --------------------------------------------------------------- formation

  @Test
  void generationIsFormedWhenAllHaveJoined() {
    assertThat(join(10, 0, "e0")).isEqualTo(new Wait("1 of 2 slots have joined", false));
    assertThat(gang.seated()).isEmpty();

    Seat second = (Seat) join(11, 1, "e1");
    Seat first = (Seat) join(10, 0, "e0");

    assertThat(second)
        .isEqualTo(
            new Seat(
                "trial",
                GENERATION,
                1,
                2,
                List.of("host-e0:7010", "host-e1:7011"),
                Blob.of(new byte[32]),
                List.of(),
                Blob.of(new byte[] {1, 2}),
                3));
    assertThat(first.rank()).isEqualTo(0);
    assertThat(gang.seated())
        .containsExactly(
            new Seated(0, "host-e0", "e0", GpuName.NONE, false),
            new Seated(1, "host-e1", "e1", GpuName.NONE, false));
    assertThat(changes).hasValue(1);
  }

  @Test
  void twoSlotsOnOneGpuAreRefused() {
    GpuName gpu = new GpuName("0", "GPU-a");
    join(10, 0, "e0", Claim.NONE, gpu);
    join(11, 1, "e1", Claim.NONE, gpu);

    assertThat(gang.failure().orElseThrow())
        .hasMessage(
            "Cannot train trial trial: expected a GPU of its own for each slot, found GPU 0 (GPU-a) of"
                + " host host-e1 with rank 0 (executor e0) and with rank 1 (executor e1); have the"
                + " cluster keep executors off each other's GPUs, or run one executor per host");
    assertThat(gang.seated()).isEmpty();
  }

  @Test
  void claimsKeepTheirRanksWhateverTheirPartition() {
    gang = gang(3, PREVIOUS);
    join(10, 0, "e0", new Claim(PREVIOUS, 2));
    join(11, 1, "e1");
    Seat last = (Seat) join(12, 2, "e2", new Claim(PREVIOUS, 0));

    assertThat(last.rank()).isZero();
    assertThat(last.holders()).containsExactly(0, 2);
    assertThat(last.holdsState()).isTrue();
    Seat newcomer = (Seat) join(11, 1, "e1");
    assertThat(newcomer.rank()).isEqualTo(1);
    assertThat(newcomer.holdsState()).isFalse();
    assertThat(((Seat) join(10, 0, "e0")).rank()).isEqualTo(2);
    assertThat(last.members()).containsExactly("host-e2:7012", "host-e1:7011", "host-e0:7010");
  }

  @Test
  void replicasOfOlderGenerationsHoldNoState() {
    gang = gang(2, PREVIOUS);
    join(10, 0, "e0", new Claim(PREVIOUS - 1, 1));
    Seat seat = (Seat) join(11, 1, "e1", new Claim(PREVIOUS, 0));

    assertThat(seat.holders()).containsExactly(0);
    assertThat(seat.rank()).isZero();
  }

  @Test
  void aTrialWhoseReplicasAreAllGoneDoesNotBeginAnew() {
    gang = gang(2, PREVIOUS);
    join(10, 0, "e0", new Claim(PREVIOUS - 1, 1));

    assertThat(join(11, 1, "e1")).isInstanceOf(Abort.class);

    assertThat(gang.seated()).isEmpty();
    assertThat(gang.failure().orElseThrow().kind()).isEqualTo(FailureKind.INFRASTRUCTURE);
    assertThat(gang.failure().orElseThrow())
        .hasMessage(
            "Cannot go on with trial trial: expected a replica of generation 7, found none: its"
                + " executors were lost between two legs; 1 executor with 1 slot in all"
                + " registered");
  }

  @Test
  void tasksHaveLeftWhenAllHaveEndedButThoseOfFrozenProcesses() {
    gang.taskStarted(10, "e0");
    gang.taskStarted(11, "e1");
    gang.taskStarted(20, "e2"); // a copy
    seatTwo();
    pass(Duration.ofSeconds(4), 10);
    words(10, 0, FailureKind.USER, "wrong");
    pass(Duration.ofMillis(600), 10);
    assertThat(failure().rank()).isZero();

    assertThat(gang.tasksHaveLeft()).isFalse();
    gang.taskEnded(10, "e0", "host-e0", TaskEnd.KILLED, "cancelled");
    assertThat(gang.tasksHaveLeft()).isFalse();
    gang.executorRemoved("e2", "killed");
    assertThat(gang.tasksHaveLeft()).isTrue();
  }

  @Test
  void aReplicaWhoseRankIsGoneHoldsTheStateAtAnotherRank() {
    gang = gang(2, PREVIOUS);
    join(10, 0, "e0", new Claim(PREVIOUS, 5));
    Seat seat = (Seat) join(11, 1, "e1");

    assertThat(seat.holders()).containsExactly(0);
  }

  @Test
  void secondCopiesGetNoSeat() {
    join(10, 0, "e0");
    join(20, 0, "e2"); // a copy of partition 0 while it forms
    Seat seat = (Seat) join(11, 1, "e1");

    assertThat(seat.members()).containsExactly("host-e0:7010", "host-e1:7011");
    assertThat(join(20, 0, "e2")).isEqualTo(new Wait("all 2 seats of this leg are taken", true));
    assertThat(join(21, 1, "e0")).isEqualTo(new Wait("all 2 seats of this leg are taken", true));
    assertThat(gang.poll(new Caller(LEG, 20))).isEqualTo(new Wait("this task has no seat", true));

    gang.taskEnded(20, "e2", "host-e2", TaskEnd.KILLED, "another attempt succeeded");
    words(21, -1, FailureKind.USER, "a copy cannot fail the leg");
    pass(Duration.ofSeconds(5), 10, 11);
    assertThat(gang.failure()).isEmpty();

    done(10, 0);
    assertThat(done(11, 1)).isEqualTo(new Over());
    assertThat(join(20, 0, "e2")).isEqualTo(new Over());
  }

  @Test
  void ofTwoCopiesTheOneWithAReplicaIsSeated() {
    gang = gang(2, PREVIOUS);
    join(10, 0, "e0");
    join(20, 0, "e2", new Claim(PREVIOUS, 0));
    Seat seat = (Seat) join(11, 1, "e1");

    assertThat(seat.members().get(0)).isEqualTo("host-e2:7020");
    assertThat(seat.holders()).containsExactly(0);
  }

  @Test
  void aTaskWhoseExecutorDiedWhileItWaitedIsNotSeated() {
    join(10, 0, "e0");
    gang.executorRemoved("e0", "killed");
    assertThat(join(11, 1, "e1")).isInstanceOf(Wait.class);
    assertThat(join(12, 0, "e2")).isInstanceOf(Seat.class);
    assertThat(gang.failure()).isEmpty();
  }

  @Test
  void aTaskThatFrozeWhileItWaitedIsNotSeated() {
    join(10, 0, "e0");
    pass(Duration.ofSeconds(4));
    assertThat(join(11, 1, "e1")).isEqualTo(new Wait("1 of 2 slots have joined", false));
    assertThat(join(10, 0, "e0")).isInstanceOf(Seat.class);
  }

  @Test
  void missingSlotsAreToldEveryTenSecondsAndEndTheLegAtTheDeadline() {
    join(10, 0, "e0");
    gang.tick();
    assertThat(gang.waitingLine()).isEmpty();
    int lines = 0;
    String last = "";
    for (int second = 1; second <= 60; second++) {
      pass(Duration.ofSeconds(1));
      join(10, 0, "e0");
      String line = gang.waitingLine().orElse("");
      if (!line.isEmpty()) {
        lines++;
        last = line;
      }
    }
    assertThat(lines).isEqualTo(6); // at 2, 12, 22, 32, 42, 52 s
    assertThat(last)
        .isEqualTo(
            "Waiting for slots: 1 of 2 slots missing for 52 s (the limit is 60 s), 1 joined;"
                + " 1 executor with 1 slot in all registered");
    assertThat(gang.failure()).isEmpty();

    gang.executorRemoved("e7", "out of memory");
    pass(Duration.ofSeconds(1));

    GangException failure = gang.failure().orElseThrow();
    assertThat(failure.kind()).isEqualTo(FailureKind.INFRASTRUCTURE);
    assertThat(failure)
        .hasMessage(
            "Cannot train trial trial: 1 of 2 slots missing for 60 s (the limit is"
                + " 60 s), 1 joined; 1 executor with 1 slot in all registered; executor e7 was"
                + " lost: out of memory");
    assertThat(join(11, 1, "e1")).isInstanceOf(Abort.class);
  }

  @Test
  void aTaskThatCannotEvenStartEndsTheLeg() {
    gang.taskEnded(10, "e0", "host-e0", TaskEnd.EXCEPTION, "ClassNotFoundException: x.Y");
    pass(Duration.ofSeconds(1));

    assertThat(failure().rank()).isEqualTo(-1);
    assertThat(failure().kind()).isEqualTo(FailureKind.DEFECT);
    assertThat(failure().executorId()).isEqualTo("e0");
    assertThat(failure().detail()).isEqualTo("its task failed: ClassNotFoundException: x.Y");
  }

  // --------------------------------------------------------------- the end

  @Test
  void theLegIsOverOnlyWhenAllAreDoneAndEveryReportIsHandled() throws Exception {
    seatTwo();
    Report report = new Report(new Caller(LEG, 10), at(0, 4, "train"), 1, Blob.of(new byte[] {42}));
    assertThat(gang.report(report)).isEqualTo(new Go(false));
    assertThat(gang.report(report)).describedAs("a repeated ask").isEqualTo(new Go(false));
    assertThat(done(10, 0)).isEqualTo(new Go(false));
    assertThat(done(11, 1)).isEqualTo(new Go(false));
    assertThat(gang.isOver()).isFalse();

    assertThat(gang.nextReport(Duration.ZERO))
        .isEqualTo(new Gang.Delivery(0, Blob.of(new byte[] {42})));
    assertThat(gang.nextReport(Duration.ZERO)).isNull();
    gang.handled();

    assertThat(gang.isOver()).isTrue();
    assertThat(gang.poll(new Caller(LEG, 10))).isEqualTo(new Over());
    gang.executorRemoved("e0", "too late to matter");
    pass(Duration.ofSeconds(9));
    assertThat(gang.failure()).isEmpty();
  }

  @Test
  void aFullQueueOfReportsIsSaidAndNothingIsLost() throws Exception {
    seatTwo();
    int accepted = 0;
    Message answer = new Go(false);
    while (answer instanceof Go) {
      answer =
          gang.report(new Report(new Caller(LEG, 10), at(0, 4, "train"), accepted + 1, Blob.EMPTY));
      accepted += answer instanceof Go ? 1 : 0;
    }
    assertThat(accepted).isEqualTo(Gang.MAX_QUEUED_REPORTS);
    gang.nextReport(Duration.ZERO);
    gang.handled();
    assertThat(
            gang.report(
                new Report(new Caller(LEG, 10), at(0, 4, "train"), accepted + 1, Blob.EMPTY)))
        .isEqualTo(new Go(false));
  }

  @Test
  void aStopRequestIsInEveryLaterAnswer() {
    seatTwo();
    gang.requestStop();
    assertThat(gang.poll(new Caller(LEG, 11))).isEqualTo(new Go(true));
    assertThat(gang.report(new Report(new Caller(LEG, 10), at(0, 4, "train"), 1, Blob.EMPTY)))
        .isEqualTo(new Go(true));
  }

  @Test
  void aZombieOfAnotherGenerationIsSentAway() {
    seatTwo();
    Position old = new Position(PREVIOUS, 0, 4, "train");
    assertThat(gang.report(new Report(new Caller(LEG, 10), old, 1, Blob.EMPTY)))
        .isEqualTo(new Abort("this task has no seat in generation 8"));
    assertThat(gang.done(new Done(new Caller(LEG, 10), old))).isInstanceOf(Abort.class);
  }

  // --------------------------------------------------------------- failures

  @Test
  void aFrozenSlotIsFoundWithinTenSecondsAndItsPeerIsNotBlamed() {
    seatTwo();
    pass(Duration.ofSeconds(1), 10, 11);
    pass(Duration.ofSeconds(6), 10);
    assertThat(gang.failure()).isEmpty();
    pass(Duration.ofSeconds(1), 10);

    assertThat(failure().rank()).isEqualTo(1);
    assertThat(failure().executorId()).isEqualTo("e1");
    assertThat(failure().host()).isEqualTo("host-e1");
    assertThat(failure().step()).isEqualTo(12);
    assertThat(failure().phase()).isEqualTo("train");
    assertThat(failure().kind()).isEqualTo(FailureKind.INFRASTRUCTURE);
    assertThat(failure().detail())
        .isEqualTo("no sign of life for 6.1 s: its process is frozen or cut off");
    assertThat(gang.poll(new Caller(LEG, 10)))
        .isEqualTo(
            new Abort(
                "Cannot train trial trial: rank 1 on host host-e1, executor e1, failed at step 12"
                    + " in phase 'train': no sign of life for 6.1 s: its process is frozen or cut"
                    + " off"));
  }

  @Test
  void aPeerThatGivesUpOnAFrozenSlotIsNotTheCause() {
    seatTwo();
    pass(Duration.ofSeconds(1), 10, 11);
    pass(Duration.ofSeconds(3), 10);
    words(10, 0, FailureKind.INFRASTRUCTURE, "deadline of the exchange");
    pass(Duration.ofSeconds(5), 10);

    assertThat(failure().rank()).isEqualTo(1);
    assertThat(failure().consequences()).isEqualTo(1);
  }

  @Test
  void aKilledExecutorIsTheCauseThoughItsPeerSpokeFirst() {
    seatTwo();
    pass(Duration.ofSeconds(1), 10, 11);
    words(10, 0, FailureKind.INFRASTRUCTURE, "connection reset");
    pass(Duration.ofMillis(700), 10);
    gang.executorRemoved("e1", "exit code 137");
    gang.taskEnded(11, "e1", "host-e1", TaskEnd.EXECUTOR_LOST, "ExecutorLostFailure");
    pass(Duration.ofMillis(600), 10);

    assertThat(failure().rank()).isEqualTo(1);
    assertThat(failure().detail()).isEqualTo("its executor was lost: exit code 137");
    assertThat(failure().step()).isEqualTo(12);
    assertThat(failure().consequences()).isEqualTo(1);
  }

  @Test
  void aUsersExceptionIsTheCauseThoughItsPeerSpokeFirst() {
    seatTwo();
    words(10, 0, FailureKind.INFRASTRUCTURE, "connection reset");
    words(11, 1, FailureKind.USER, "division by zero");
    pass(Duration.ofMillis(600), 10, 11);

    assertThat(failure().rank()).isEqualTo(1);
    assertThat(failure().kind()).isEqualTo(FailureKind.USER);
    assertThat(failure().step()).isEqualTo(9);
    assertThat(failure().detail()).isEqualTo("java.lang.Exception: division by zero");
    assertThat(failure().remoteStackTrace()).isEqualTo("trace of division by zero");
    assertThat(failure())
        .hasMessageContaining("rank 1 on host host-e1, executor e1, failed at step 9 in phase")
        .hasMessageContaining("(1 other slot failed in its wake)")
        .hasMessageEndingWith("trace of division by zero");
  }

  @Test
  void ofTwoUsersExceptionsTheFirstCounts() {
    seatTwo();
    words(11, 1, FailureKind.USER, "first");
    words(10, 0, FailureKind.HYPERPARAMETER, "second");
    pass(Duration.ofMillis(600), 10, 11);

    assertThat(failure().detail()).isEqualTo("java.lang.Exception: first");
    assertThat(failure().consequences()).isEqualTo(1);
  }

  @Test
  void lastWordsStayTheCauseWhenTheirExecutorIsLostAfterThem() {
    seatTwo();
    words(11, 1, FailureKind.USER, "native memory");
    gang.executorRemoved("e1", "exit code 134");
    words(10, 0, FailureKind.INFRASTRUCTURE, "connection reset");
    pass(Duration.ofMillis(600), 10, 11);

    assertThat(failure().rank()).isEqualTo(1);
    assertThat(failure().kind()).isEqualTo(FailureKind.USER);
    assertThat(failure().detail())
        .isEqualTo("java.lang.Exception: native memory; then its executor was lost: exit code 134");
  }

  @Test
  void anExchangeThatBreaksByItselfIsTheCauseAfterAWhile() {
    seatTwo();
    words(10, 0, FailureKind.INFRASTRUCTURE, "no route to host");
    pass(Duration.ofMillis(1900), 10, 11);
    assertThat(gang.failure()).isEmpty();
    pass(Duration.ofMillis(200), 10, 11);

    assertThat(failure().rank()).isZero();
    assertThat(failure().consequences()).isZero();
  }

  @Test
  void ofSlotsOfOneLostExecutorTheLowestRankIsNamed() {
    join(10, 0, "e0");
    join(11, 1, "e0");
    gang.executorRemoved("e0", "exit code 137");
    pass(Duration.ofMillis(600));

    assertThat(failure().rank()).isZero();
    assertThat(failure().consequences()).isEqualTo(1);
  }

  @Test
  void aTaskThatSparkKillsOrThatLeavesEarlyEndsTheLeg() {
    seatTwo();
    gang.taskEnded(11, "e1", "host-e1", TaskEnd.KILLED, "TaskKilled (stage cancelled)");
    pass(Duration.ofMillis(600), 10);
    assertThat(failure().kind()).isEqualTo(FailureKind.INFRASTRUCTURE);
    assertThat(failure().detail()).isEqualTo("Spark killed its task: TaskKilled (stage cancelled)");
  }

  @Test
  void ofSlotsThatStandStillTheOneBehindIsTheCause() {
    seatTwo();
    for (int second = 0; second < 31; second++) {
      ticker.advance(Duration.ofSeconds(1));
      beat(10, 0, 6, "wait for peers", second * 1000L + 500);
      beat(11, 1, 5, "hook", second * 1000L);
      gang.tick();
    }
    beat(10, 0, 6, "wait for peers", 30_500);
    ticker.advance(Duration.ofSeconds(1));
    gang.tick();
    pass(Duration.ofMillis(600), 10, 11);

    assertThat(failure().rank()).isEqualTo(1);
    assertThat(failure().phase()).isEqualTo("hook");
    assertThat(failure().detail()).isEqualTo("no progress for 30 s, the limit is 30 s");
  }

  @Test
  void ofSlotsThatStandStillAtOneStepTheOneThatDoesNotWaitIsTheCause() {
    seatTwo();
    beat(10, 0, 5, "wait for peers", 40_000);
    beat(11, 1, 5, "train", 30_001);
    gang.tick();
    pass(Duration.ofMillis(600), 10, 11);

    assertThat(failure().rank()).isEqualTo(1);
  }

  @Test
  void aSlotThatIsDoneNeedsNoProgressButMustLive() {
    seatTwo();
    done(11, 1);
    for (int second = 0; second < 50; second++) {
      ticker.advance(Duration.ofSeconds(1));
      beat(10, 0, 6, "train", 0);
      beat(11, 1, 6, "done", second * 1000L);
      gang.tick();
    }
    assertThat(gang.failure()).isEmpty();
    pass(Duration.ofSeconds(7), 10);
    assertThat(failure().rank()).isEqualTo(1);
  }

  @Test
  void aPauseOfTheDriverItselfRestartsAllClocks() {
    seatTwo();
    pass(Duration.ofSeconds(5));
    ticker.advance(Duration.ofMinutes(5)); // the driver's machine slept
    gang.tick();
    pass(Duration.ofSeconds(5));
    assertThat(gang.failure()).isEmpty();
    pass(Duration.ofSeconds(2), 10);
    assertThat(failure().rank()).isEqualTo(1);
  }

  @Test
  void aPauseOfTheDriverDoesNotCountAsWaiting() {
    join(10, 0, "e0");
    pass(Duration.ofSeconds(50));
    ticker.advance(Duration.ofMinutes(5));
    gang.tick();
    pass(Duration.ofSeconds(9));
    assertThat(gang.failure()).isEmpty();
    pass(Duration.ofSeconds(2));
    assertThat(gang.failure()).isPresent();
  }

  @Test
  void aJobThatSparkEndsFailsTheLegUnlessACauseIsOnItsWay() {
    seatTwo();
    gang.jobEnded(new GangException(FailureKind.INFRASTRUCTURE, "cancelled by hand"));
    pass(Duration.ofMillis(900), 10, 11);
    assertThat(gang.failure()).isEmpty();
    gang.executorRemoved("e1", "exit code 137");
    pass(Duration.ofMillis(700), 10, 11);
    assertThat(failure().rank()).isEqualTo(1);

    gang = gang(2, 0);
    seatTwo();
    gang.jobEnded(new GangException(FailureKind.INFRASTRUCTURE, "cancelled by hand"));
    pass(Duration.ofMillis(1200), 10, 11);
    assertThat(gang.failure().orElseThrow()).hasMessage("cancelled by hand");
  }
}
