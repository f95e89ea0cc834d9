package dev.muster.job.spark;

import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.StorageException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for the stop file every 3 s, on the thread {@code muster-stop}. Thread-safe. */
final class StopRequests implements BooleanSupplier, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StopRequests.class);
  private static final Duration EVERY = Duration.ofSeconds(3);

  private final ExperimentDirectory directory;
  private final Runnable onStop;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean requested;

  StopRequests(ExperimentDirectory directory, Runnable onStop) {
    this.directory = directory;
    this.onStop = onStop;
    Thread thread = new Thread(this::poll, "muster-stop");
    thread.setDaemon(true);
    thread.start();
  }

  private void poll() {
    try {
      while (!requested && !closed.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      if (directory.stopRequested()) {
        LOG.info("A stop was requested: the slots end their workload, then a checkpoint is taken");
        requested = true;
        onStop.run();
      }
    } catch (StorageException e) {
      LOG.warn("Cannot look for a stop request; will look again", e);
    }
  }

  @Override
  public boolean getAsBoolean() {
    return requested;
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
