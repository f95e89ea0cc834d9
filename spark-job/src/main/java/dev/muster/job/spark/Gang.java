package dev.muster.job.spark;

import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Done;
import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Join;
import dev.muster.job.spark.Message.LastWords;
import dev.muster.job.spark.Message.Over;
import dev.muster.job.spark.Message.Position;
import dev.muster.job.spark.Message.Report;
import dev.muster.job.spark.Message.Wait;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One leg as the driver sees it: forming → running → over or failed.
 *
 * <p>Tasks join until all slots are there; then ranks are given and the leg runs until every slot
 * has said that it is done and every report has been handled, or until the first failure. News come
 * from the wire, from Spark's listener bus and from the clock ({@link #tick}); no method waits.
 * Thread-safe.
 */
final class Gang {
  static final Duration JOINER_STALE_AFTER = Duration.ofSeconds(3);
  static final Duration OWN_PAUSE = Duration.ofSeconds(2);
  static final Duration ORPHANED_JOB = Duration.ofSeconds(1);
  static final int MAX_QUEUED_REPORTS = 1024;

  private static final Logger LOG = LoggerFactory.getLogger(Gang.class);

  /** A report that waits for the driver's listener. */
  record Delivery(int rank, Blob payload) {}

  /** How Spark says that a task ended. */
  enum TaskEnd {
    SUCCESS,
    EXECUTOR_LOST,
    KILLED,
    EXCEPTION
  }

  private enum State {
    FORMING,
    RUNNING,
    OVER,
    FAILED
  }

  private final GangPlan plan;
  private final Ticker ticker;
  private final Cluster cluster;
  private final Runnable changed;
  private final Lobby lobby;
  private final Roster roster = new Roster();
  private final FailureDetector failures;
  private final Waiting waiting;
  private final BlockingQueue<Delivery> reports = new ArrayBlockingQueue<>(MAX_QUEUED_REPORTS);
  private final Map<Long, String> runningTasks = new HashMap<>(); // attempt to executor

  private State state = State.FORMING;
  private @Nullable GangException failure;
  private boolean stopRequested;
  private int unhandledReports;
  private long lastTickNanos;
  private @Nullable GangException jobFailure;
  private long jobEndedNanos;

  /**
   * @param changed run after a change that the leg's owner should look at; must not wait
   */
  Gang(GangPlan plan, Ticker ticker, Cluster cluster, Runnable changed) {
    this.plan = plan;
    this.ticker = ticker;
    this.cluster = cluster;
    this.changed = changed;
    this.lobby = new Lobby(plan);
    this.failures = new FailureDetector(plan, roster);
    lastTickNanos = ticker.nanos();
    this.waiting = new Waiting(plan, cluster, lastTickNanos);
  }

  long leg() {
    return plan.leg();
  }

  // ---------------------------------------------------------------- the wire

  synchronized Message join(Join join) {
    if (state == State.OVER || state == State.FAILED) {
      return ended();
    }
    long attempt = join.caller().attempt();
    Roster.Slot slot = roster.get(attempt);
    if (slot != null) {
      slot.heardNanos = ticker.nanos();
      return slot.seat;
    }
    if (state == State.RUNNING) {
      return new Wait("all " + plan.slots() + " seats of this leg are taken", true);
    }
    long now = ticker.nanos();
    lobby.enter(join, now);
    form(now);
    if (state == State.FAILED) {
      return ended();
    }
    slot = roster.get(attempt);
    if (slot != null) {
      return slot.seat;
    }
    return state == State.FORMING
        ? new Wait("%d of %d slots have joined".formatted(lobby.present(now), plan.slots()), false)
        : new Wait("another copy of this task has the seat", true);
  }

  synchronized Message poll(Caller caller) {
    if (state == State.OVER || state == State.FAILED) {
      return ended();
    }
    Roster.Slot slot = roster.get(caller.attempt());
    if (slot == null) {
      return new Wait("this task has no seat", state == State.RUNNING);
    }
    slot.heardNanos = ticker.nanos();
    return new Go(stopRequested);
  }

  synchronized void heartbeat(Beat beat) {
    Roster.Slot slot = roster.get(beat.caller().attempt());
    if (state == State.RUNNING && slot != null && isCurrent(beat.position())) {
      slot.heardNanos = ticker.nanos();
      slot.position = beat.position();
      slot.silentMillis = beat.silentMillis();
    }
  }

  /** The trial whose slot this is, if it has a seat. */
  synchronized Optional<String> trialOf(Beat beat) {
    return state == State.RUNNING
            && roster.get(beat.caller().attempt()) != null
            && isCurrent(beat.position())
        ? Optional.of(plan.trialId())
        : Optional.empty();
  }

  synchronized Message report(Report report) {
    if (state == State.OVER || state == State.FAILED) {
      return ended();
    }
    Roster.Slot slot = roster.get(report.caller().attempt());
    if (slot == null || !isCurrent(report.position())) {
      return new Abort("this task has no seat in generation " + plan.generation());
    }
    slot.heardNanos = ticker.nanos();
    slot.position = report.position();
    slot.silentMillis = 0;
    if (report.sequence() > slot.lastReport) {
      if (!reports.offer(new Delivery(slot.seat.rank(), report.payload()))) {
        return new Wait("the driver has " + MAX_QUEUED_REPORTS + " reports to handle", false);
      }
      slot.lastReport = report.sequence();
      unhandledReports++;
    }
    return new Go(stopRequested);
  }

  synchronized Message done(Done done) {
    if (state == State.OVER || state == State.FAILED) {
      return ended();
    }
    Roster.Slot slot = roster.get(done.caller().attempt());
    if (slot == null || !isCurrent(done.position())) {
      return new Abort("this task has no seat in generation " + plan.generation());
    }
    slot.heardNanos = ticker.nanos();
    slot.position = done.position();
    slot.done = true;
    finishIfComplete();
    return state == State.OVER ? ended() : new Go(stopRequested);
  }

  synchronized Message lastWords(LastWords words) {
    if (state == State.OVER || state == State.FAILED) {
      return ended();
    }
    Roster.Slot slot = roster.get(words.caller().attempt());
    if (slot == null && state == State.RUNNING) {
      return new Wait("this task has no seat", true); // a surplus copy harms nobody
    }
    failures.lastWords(words, ticker.nanos());
    changed.run();
    return new Go(true);
  }

  // ------------------------------------------------------------- Spark's news

  synchronized void executorRemoved(String executorId, String reason) {
    lobby.executorGone(executorId);
    runningTasks.values().removeIf(executorId::equals);
    waiting.executorLost(executorId, reason);
    if (state == State.RUNNING && failures.executorLost(executorId, reason, ticker.nanos())) {
      changed.run();
    }
  }

  synchronized void taskStarted(long attempt, String executorId) {
    runningTasks.put(attempt, executorId);
  }

  synchronized void taskEnded(
      long attempt, String executorId, String host, TaskEnd end, String reason) {
    runningTasks.remove(attempt);
    if (state == State.OVER || state == State.FAILED) {
      return;
    }
    lobby.leave(attempt);
    Roster.Slot slot = roster.get(attempt);
    if (slot != null) {
      failures.taskEnded(slot, end, reason, ticker.nanos());
      changed.run();
    } else if (state == State.FORMING && end == TaskEnd.EXCEPTION && !failures.knows(attempt)) {
      failures.joinerFailed(attempt, executorId, host, reason, ticker.nanos());
      changed.run();
    }
  }

  /** The Spark job has ended though the leg has not; news of the cause may still be under way. */
  synchronized void jobEnded(GangException cause) {
    if (jobFailure == null) {
      jobFailure = cause;
      jobEndedNanos = ticker.nanos();
    }
  }

  // ----------------------------------------------------------------- the owner

  /** Looks at the clock; called several times a second. */
  synchronized void tick() {
    long now = ticker.nanos();
    long gap = now - lastTickNanos;
    lastTickNanos = now;
    if (gap > OWN_PAUSE.toNanos()) {
      restartClocks(now, gap);
    }
    if (state == State.FORMING) {
      if (waiting.isExpired(now)) {
        end(waiting.failure(lobby.present(now), now));
      }
    } else if (state == State.RUNNING && failures.look(now)) {
      changed.run();
    }
    if (state == State.FORMING || state == State.RUNNING) {
      failures.verdict(now).ifPresent(this::end);
      if (jobFailure != null
          && failures.isEmpty()
          && now - jobEndedNanos > ORPHANED_JOB.toNanos()) {
        end(jobFailure);
      }
    }
  }

  /** How many slots are missing, since when and why, if it is time to say so again. */
  synchronized Optional<String> waitingLine() {
    long now = ticker.nanos();
    return state == State.FORMING ? waiting.line(lobby.present(now), now) : Optional.empty();
  }

  /** The members in rank order; empty until the generation is formed. */
  synchronized List<Seated> seated() {
    return roster.byRank().stream()
        .map(
            slot ->
                new Seated(
                    slot.seat.rank(),
                    slot.join.host(),
                    slot.join.executorId(),
                    slot.join.gpu(),
                    slot.seat.holdsState()))
        .toList();
  }

  synchronized Optional<GangException> failure() {
    return Optional.ofNullable(failure);
  }

  synchronized boolean isOver() {
    return state == State.OVER;
  }

  /** Whether no task of the leg runs any more, but for those of frozen processes. */
  synchronized boolean tasksHaveLeft() {
    long now = ticker.nanos();
    return runningTasks.keySet().stream()
        .map(roster::get)
        .allMatch(
            slot ->
                slot != null && now - slot.heardNanos > FailureDetector.SUSPECT_AFTER.toNanos());
  }

  synchronized boolean stopRequested() {
    return stopRequested;
  }

  /** All slots are told to stop at the next point where all can. */
  synchronized void requestStop() {
    stopRequested = true;
  }

  /** Ends the leg for a reason that lies outside the gang; the first reason stays. */
  synchronized void end(GangException cause) {
    if (state == State.FORMING || state == State.RUNNING) {
      state = State.FAILED;
      failure = cause;
      changed.run();
    }
  }

  /** The next report, waiting for it; every delivery must be followed by {@link #handled}. */
  @Nullable Delivery nextReport(Duration patience) throws InterruptedException {
    return reports.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  synchronized void handled() {
    unhandledReports--;
    finishIfComplete();
  }

  /** What a task hears once the leg has ended. */
  synchronized Message ended() {
    return failure == null ? new Over() : new Abort(summary(failure));
  }

  // ------------------------------------------------------------------- inside

  private void form(long now) {
    Optional<List<Lobby.Place>> places = lobby.form(now);
    if (places.isEmpty() || !failures.isEmpty()) {
      return;
    }
    List<String> members = places.get().stream().map(place -> place.join().address()).toList();
    List<Integer> holders =
        places.get().stream().filter(Lobby.Place::holdsState).map(Lobby.Place::rank).toList();
    if (plan.previousGeneration() > 0 && holders.isEmpty()) {
      end(new StateLostException(stateIsLost()));
      return;
    }
    Optional<String> shared = Lobby.sharedGpu(places.get());
    if (shared.isPresent()) {
      end(new GangException(FailureKind.INFRASTRUCTURE, plan.cannot() + ": " + shared.get()));
      return;
    }
    for (Lobby.Place place : places.get()) {
      Seat seat =
          new Seat(
              plan.trialId(),
              plan.generation(),
              place.rank(),
              plan.slots(),
              members,
              plan.secret(),
              holders,
              plan.order(),
              cluster.slotsOf(place.join().executorId()));
      roster.add(place.join(), seat, now);
    }
    state = State.RUNNING;
    changed.run();
  }

  private void finishIfComplete() {
    if (state == State.RUNNING && unhandledReports == 0 && failures.isEmpty() && roster.allDone()) {
      state = State.OVER;
      changed.run();
    }
  }

  private void restartClocks(long now, long gap) {
    LOG.warn("The driver was paused for {} ms: all clocks start again", gap / 1_000_000);
    waiting.shift(gap);
    lobby.restartClocks(now);
    roster.restartClocks(now);
  }

  /** What the slots would go on from is gone: to begin anew would be a wrong result. */
  private String stateIsLost() {
    return "Cannot go on with trial %s: expected a replica of generation %d, found none: its executors were lost between two legs; %s"
        .formatted(plan.trialId(), plan.previousGeneration(), cluster.describe());
  }

  private boolean isCurrent(Position position) {
    return position.generation() == plan.generation();
  }

  private static String summary(GangException failure) {
    String text = String.valueOf(failure.getMessage());
    return text.lines().findFirst().orElse(text);
  }
}
