package dev.muster.job.spark;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One leg, from the submission of its job to its end. Confined to the thread that calls run. */
final class LegRun {
  private static final Logger LOG = LoggerFactory.getLogger(LegRun.class);
  private static final String POOL = "muster";
  private static final long TICK_MILLIS = 100;
  private static final long TASKS_TICK_MILLIS = 10;
  private static final Duration LEAVE_AFTER_FAILURE = Duration.ofSeconds(1);
  private static final Duration LEAVE = Duration.ofSeconds(5);
  private static final Duration CANCEL = Duration.ofSeconds(10);
  private static final Duration REPORT_POLL = Duration.ofMillis(50);
  private static final Duration LAST_REPORT = Duration.ofSeconds(3);
  private static final Duration TASKS_LEAVE = Duration.ofSeconds(3);

  private final SparkContext context;
  private final DriverSwitchboard switchboard;
  private final SlotResources resources;
  private final LegPlan plan;
  private final GangPlan gangPlan;
  private final LegListener listener;
  private final TrialLedger ledger;
  private final long leg;
  private final long generation;
  private final ExecutorPods pods;
  private final Semaphore changes = new Semaphore(0);
  private final Gang gang;
  private final CompletableFuture<Void> job = new CompletableFuture<>();
  private volatile boolean reportsEnd;

  LegRun(
      SparkContext context,
      DriverSwitchboard switchboard,
      SlotResources resources,
      LegPlan plan,
      LegListener listener,
      long leg) {
    this.resources = resources;
    this.context = context;
    this.switchboard = switchboard;
    this.plan = plan;
    this.listener = listener;
    this.pods = new ExecutorPods(context.getConf(), context.applicationId());
    ledger = switchboard.ledger(plan.trialId());
    this.leg = leg;
    generation = ledger.nextGeneration();
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    gangPlan =
        new GangPlan(
            plan.trialId(),
            leg,
            generation,
            ledger.completedGeneration(),
            plan.slots(),
            Blob.of(plan.order()),
            Blob.of(secret),
            plan.joinDeadline(),
            plan.progressTimeout());
    gang = new Gang(gangPlan, System::nanoTime, switchboard.executors(), changes::release);
  }

  LegOutcome run() throws GangException, InterruptedException {
    switchboard.open(gang);
    Thread reports = new Thread(this::deliverReports, "muster-reports");
    reports.setDaemon(true);
    reports.start();
    Thread submitter = new Thread(this::submit, "muster-leg");
    submitter.setDaemon(true);
    submitter.start();
    boolean over = false;
    try {
      watch();
      over = true;
      ledger.completed(generation, gang.seated());
    } finally {
      if (!over) {
        gang.end(new GangException(FailureKind.DEFECT, "the driver gave the leg up"));
        ledger.released(); // a broken generation holds no state that a later one may take
      }
      reportsEnd = true;
      endJob(over ? LEAVE : failed());
      if (!over) {
        awaitTasks();
      }
      switchboard.close(gang);
      endReports(reports);
    }
    return new LegOutcome(generation, gang.seated(), gang.stopRequested());
  }

  /** How long the tasks of a broken leg may leave by themselves. */
  private Duration failed() {
    boolean allThere =
        gang.failure()
            .filter(e -> e.kind() == FailureKind.USER || e.kind() == FailureKind.HYPERPARAMETER)
            .isPresent();
    // Cancelled tasks outlive their job, and a context that stops under them fills the log.
    return allThere ? LEAVE_AFTER_FAILURE : Duration.ZERO;
  }

  private void watch() throws GangException, InterruptedException {
    boolean seatedTold = false;
    while (true) {
      if (job.isDone()) {
        gang.jobEnded(jobFailure());
      }
      gang.tick();
      if (!seatedTold) {
        refuseOldJava();
      }
      gang.waitingLine().ifPresent(line -> listener.onWaiting(line + pods.describe()));
      List<Seated> seated = gang.seated();
      if (!seatedTold && !seated.isEmpty()) {
        seatedTold = true;
        ledger.formed(generation);
        LOG.info("Leg {}: {} slots in generation {}", leg, seated.size(), generation);
        listener.onSeated(seated);
      }
      if (gang.isOver()) {
        return;
      }
      GangException failure = gang.failure().orElse(null);
      if (failure != null) {
        throw seatedTold ? failure : withPods(failure);
      }
      if (changes.tryAcquire(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
        changes.drainPermits();
      }
    }
  }

  /** Without this, YARN starts such executors again and again, and then ends the application. */
  private void refuseOldJava() {
    switchboard
        .oldJava()
        .ifPresent(
            found ->
                gang.end(
                    new GangException(
                        FailureKind.SETUP,
                        found + "; " + JavaVersion.cureOfExecutors(context.master()))));
  }

  /** Slots that have not come have a reason that the cluster may know. */
  private GangException withPods(GangException failure) {
    boolean waited =
        !(failure instanceof SlotFailure)
            && failure.kind() != FailureKind.SETUP
            && failure.getCause() == null;
    String reason = waited ? pods.describe() : "";
    return reason.isEmpty()
        ? failure
        : new GangException(failure.kind(), failure.getMessage() + reason);
  }

  // ------------------------------------------------------- thread muster-leg

  private void submit() {
    try {
      context.setLocalProperty("spark.scheduler.pool", POOL);
      context.setLocalProperty(ClusterListener.LEG_PROPERTY, Long.toString(leg));
      context.setJobGroup(
          jobGroup(),
          leg < 0
              ? "%s of %d slots".formatted(plan.trialId(), plan.slots())
              : "leg %d: %d slots of trial %s".formatted(leg, plan.slots(), plan.trialId()),
          false);
      byte[] order =
          Wire.encode(
              new Message.Order(context.applicationId(), leg, plan.trialId(), plan.programClass()));
      resources
          .on(ScalaBridge.placed(context, Collections.nCopies(plan.slots(), order), preferences()))
          .foreachPartition(new SlotTask());
      job.complete(null);
    } catch (Throwable e) { // Spark throws what Java does not declare
      job.completeExceptionally(e);
    }
    changes.release();
  }

  private List<List<String>> preferences() {
    List<String> executors =
        plan.preferredExecutors().isEmpty()
            ? ledger.replicas().stream().map(Seated::executorId).toList()
            : plan.preferredExecutors();
    List<List<String>> preferences = new ArrayList<>();
    for (int task = 0; task < plan.slots(); task++) {
      preferences.add(
          task < executors.size()
              ? switchboard
                  .executors()
                  .location(executors.get(task))
                  .map(List::of)
                  .orElse(List.of())
              : List.of());
    }
    return preferences;
  }

  private String jobGroup() {
    return "muster-leg-" + leg;
  }

  private GangException jobFailure() {
    @Nullable Throwable cause = null;
    try {
      job.getNow(null);
    } catch (RuntimeException e) {
      cause = e.getCause() == null ? e : e.getCause();
    }
    return new GangException(
        FailureKind.INFRASTRUCTURE,
        "%s: Spark ended the job of leg %d: %s"
            .formatted(gangPlan.cannot(), leg, cause == null ? "all tasks returned" : cause),
        cause);
  }

  /** Waits for the tasks to leave; cancels the job where they do not. */
  private void endJob(Duration patience) {
    boolean interrupted = false;
    long start = System.nanoTime();
    while (!job.isDone()) {
      long waited = System.nanoTime() - start;
      if (waited >= patience.toNanos()) {
        if (!context.isStopped()) {
          context.cancelJobGroup(jobGroup()); // again and again: it may not be submitted yet
        }
        if (waited >= patience.plus(CANCEL).toNanos()) {
          LOG.warn("Leg {} has ended, but not its Spark job", leg);
          break;
        }
      }
      try {
        job.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("Leg {}: {}", leg, String.valueOf(e));
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Lets the report in hand be handled: an interrupt in the middle of a write would leave half a
   * file, and a late write would replace what the caller writes next. One that hangs is
   * interrupted.
   */
  private void endReports(Thread reports) {
    boolean interrupted = false;
    for (int round = 0; round < 2 && reports.isAlive(); round++) {
      try {
        reports.join(LAST_REPORT.toMillis());
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (reports.isAlive()) {
        LOG.warn("Leg {}: the last report is still being handled; interrupting it", leg);
        reports.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A cancelled job ends before its tasks do, and what a task still does in the driver's own JVM
   * fails once the context is stopped.
   */
  private void awaitTasks() {
    boolean interrupted = false;
    long start = System.nanoTime();
    while (!gang.tasksHaveLeft() && System.nanoTime() - start < TASKS_LEAVE.toNanos()) {
      try {
        TimeUnit.MILLISECONDS.sleep(TASKS_TICK_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // --------------------------------------------------- thread muster-reports

  private void deliverReports() {
    try {
      while (!reportsEnd) {
        Gang.Delivery delivery = gang.nextReport(REPORT_POLL);
        if (delivery != null) {
          if (listener.onReport(delivery.rank(), delivery.payload().bytes())) {
            gang.requestStop();
          }
          gang.handled();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the leg has ended
    } catch (RuntimeException | Error e) {
      LOG.error("Cannot handle a report of leg {}", leg, e);
      gang.end(
          new GangException(
              FailureKind.of(e) == FailureKind.INFRASTRUCTURE
                  ? FailureKind.INFRASTRUCTURE
                  : FailureKind.DEFECT,
              gangPlan.cannot() + ": the driver could not handle a report: " + e,
              e));
    }
  }
}
