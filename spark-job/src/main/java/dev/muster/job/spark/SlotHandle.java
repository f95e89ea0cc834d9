package dev.muster.job.spark;

import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Over;
import dev.muster.job.spark.Message.Position;
import dev.muster.job.spark.Message.Report;
import dev.muster.job.spark.Message.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A seated slot's link to the driver. Thread-safe. */
final class SlotHandle implements SlotLink {
  static final Duration ASK_DEADLINE = Duration.ofSeconds(10);
  static final Duration DRIVER_SILENT = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(SlotHandle.class);
  private static final int MAX_PHASE = 200;
  private static final long FULL_QUEUE_PAUSE_MILLIS = 50;

  private record Progress(long step, String phase, long nanos) {}

  private final Asker asker;
  private final Caller caller;
  private final Seat seat;
  private final Object reporting = new Object();
  private long sequence; // guarded by reporting
  private volatile Progress progress = new Progress(0, "starting", System.nanoTime());
  private final SlotMeter meter = new SlotMeter(System::nanoTime);
  private volatile boolean stopRequested;

  /** Held while the program's cancel actions run, so that none outlives the program. */
  private final Object cancelling = new Object();

  private final List<Runnable> onCancel = new ArrayList<>(); // guarded by cancelling
  private volatile @Nullable String cancelled; // written under cancelling
  private boolean returned; // guarded by cancelling

  SlotHandle(Asker asker, Caller caller, Seat seat) {
    this.asker = asker;
    this.caller = caller;
    this.seat = seat;
  }

  @Override
  public boolean report(byte[] payload) {
    synchronized (reporting) {
      Report report = new Report(caller, position(), ++sequence, Blob.of(payload));
      long start = System.nanoTime();
      while (true) {
        failIfCancelled();
        try {
          Message answer = asker.ask(report, ASK_DEADLINE);
          if (answer instanceof Go go) {
            heard(go);
            progress = new Progress(progress.step, progress.phase, System.nanoTime());
            return stopRequested;
          } else if (answer instanceof Wait) {
            TimeUnit.MILLISECONDS.sleep(FULL_QUEUE_PAUSE_MILLIS);
          } else {
            heard(answer);
          }
        } catch (IOException e) {
          if (System.nanoTime() - start > DRIVER_SILENT.toNanos()) {
            throw new UncheckedIOException("Cannot report: the driver is silent", e);
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new CancellationException("interrupted while reporting");
        }
      }
    }
  }

  @Override
  public void progress(long step, String phase) {
    String shortPhase = phase.length() > MAX_PHASE ? phase.substring(0, MAX_PHASE) : phase;
    progress = new Progress(step, shortPhase, System.nanoTime());
    meter.at(step);
  }

  @Override
  public void trained(long batches, int examples, double loss) {
    meter.trained(batches, examples, loss);
  }

  @Override
  public boolean cancelled() {
    return cancelled != null;
  }

  @Override
  public void onCancel(Runnable closeSocketsAndQueues) {
    synchronized (cancelling) {
      if (cancelled == null) {
        onCancel.add(closeSocketsAndQueues);
      } else {
        closeSocketsAndQueues.run();
      }
    }
  }

  Seat seat() {
    return seat;
  }

  Position position() {
    Progress now = progress;
    return new Position(seat.generation(), seat.rank(), now.step, now.phase);
  }

  Beat beat() {
    long silent = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - progress.nanos);
    return new Beat(caller, position(), silent, meter.look());
  }

  /** What the driver has answered to a poll or a report. */
  void heard(Message answer) {
    if (answer instanceof Go go) {
      stopRequested |= go.stop();
    } else if (answer instanceof Abort abort) {
      cancel("the leg has failed: " + abort.reason());
    } else if (answer instanceof Over) {
      cancel("the leg is over");
    }
  }

  /** Unblocks the program; without effect once it has returned. */
  void cancel(String reason) {
    synchronized (cancelling) {
      if (cancelled != null || returned) {
        return;
      }
      cancelled = reason;
      LOG.info("Cancelled {}: {}", seat, reason);
      for (Runnable action : onCancel) {
        try {
          action.run();
        } catch (RuntimeException | Error e) {
          LOG.warn("Cannot cancel {} cleanly", seat, e);
        }
      }
      onCancel.clear();
    }
  }

  /**
   * The program has returned: from now on nothing may touch what it leaves resident. Waits for the
   * cancel actions that run just now.
   *
   * @return whether the program ran to its end without being cancelled
   */
  boolean returned() {
    synchronized (cancelling) {
      returned = true;
      onCancel.clear();
      return cancelled == null;
    }
  }

  void failIfCancelled() {
    String reason = cancelled;
    if (reason != null) {
      throw new CancellationException("Cannot go on: " + reason);
    }
  }
}
