package dev.muster.job.spark;

import dev.muster.job.data.RecordLayout;
import dev.muster.job.runtime.StepProbe;
import dev.muster.job.runtime.TrialCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Steps of the trial on the driver, on the thread {@code muster-step-probe}, which is waited for a
 * bounded time: a step cannot be broken off, so the thread frees what it used when the step ends.
 */
final class DriverStep {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final int FEW = 4;
  private static final int FACTOR = 8;

  /** A larger step is not run on the driver, whose memory is not the executors'. */
  private static final long MOST_BYTES = 256L << 20;

  private static final long MOST_BATCH_BYTES = 32L << 20;

  /** After a step that takes longer none is tried with more records. */
  private static final long MOST_MILLIS = 500;

  private final TrialCheck trial;
  private final Path scratch;
  private final Duration deadline;

  /**
   * Steps of this trial.
   *
   * @param scratch a local directory
   */
  DriverStep(TrialCheck trial, Path scratch) {
    this(trial, scratch, DEADLINE);
  }

  DriverStep(TrialCheck trial, Path scratch, Duration deadline) {
    this.trial = trial;
    this.scratch = scratch;
    this.deadline = deadline;
  }

  /**
   * What the step of one slot holds at a time.
   *
   * @param ran the records of the largest batch that was run
   * @param perSlot the records of a slot's batch
   * @param bytes of that batch: as measured, or in proportion to what smaller ones took
   */
  record Activations(int ran, int perSlot, long bytes) {
    boolean isMeasured() {
      return ran == perSlot;
    }
  }

  /** Why there is no step; the message is what follows "not measured: ". */
  static final class FailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private FailedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Measures a slot's step on records of zeros: needs no data. Batches of 1, 4, 32, … records are
   * run, up to the whole batch, unless one takes more than half a second or the next would take
   * more than 256 MiB, or 32 MiB for its records.
   */
  Activations activations() throws FailedException, InterruptedException {
    int perSlot = trial.perSlotBatchSize();
    byte[] zeros = RecordLayout.of(trial.trainingData().columns()).standIn();
    return bounded(
        probe -> {
          StepProbe.Step one = probe.run(List.of(zeros), scratch);
          StepProbe.Step most = one;
          int next = Math.min(FEW, perSlot);
          while (next > most.examples()
              && most.millis() <= (most.examples() == 1 ? Long.MAX_VALUE : MOST_MILLIS)
              && proportional(one, most, next) <= MOST_BYTES
              && (long) next * zeros.length <= MOST_BATCH_BYTES) {
            most = probe.run(Collections.nCopies(next, zeros), scratch);
            next = (int) Math.min(perSlot, (long) next * FACTOR);
          }
          return new Activations(most.examples(), perSlot, proportional(one, most, perSlot));
        });
  }

  private static long proportional(StepProbe.Step one, StepProbe.Step more, int records) {
    if (more.examples() == one.examples()) {
      return more.bytes() * records / more.examples();
    }
    double each =
        (double) (more.bytes() - one.bytes()) / (double) (more.examples() - one.examples());
    return Math.max(
        more.bytes(), (long) (more.bytes() + each * (double) (records - more.examples())));
  }

  /**
   * Runs a step on these records.
   *
   * @param records encoded, at least one
   */
  StepProbe.Step on(List<byte[]> records) throws FailedException, InterruptedException {
    return bounded(probe -> probe.run(records, scratch));
  }

  private interface Act<T> {
    T on(StepProbe probe) throws InterruptedException;
  }

  private <T> T bounded(Act<T> act) throws FailedException, InterruptedException {
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              // One thread: the ops' order, and with it what they hold, is the same each time.
              try (StepProbe probe = trial.stepProbe(1)) {
                return act.on(probe);
              }
            });
    Thread thread = new Thread(task, "muster-step-probe");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new FailedException(
          "a step on the driver takes more than " + deadline.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new FailedException(String.valueOf(cause.getMessage()), cause);
    }
  }
}
