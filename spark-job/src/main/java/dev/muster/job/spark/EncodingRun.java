package dev.muster.job.spark;

import dev.muster.job.config.EncodedData;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.data.EncodingOrder;
import dev.muster.job.data.RecordLayout;
import dev.muster.trial.data.Dataset;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Encodes the data sets on the thread {@code muster-encode} while the caller watches: Spark would
 * wait for ever for executors that never come.
 */
final class EncodingRun {
  private static final Duration SAY_EVERY = Duration.ofSeconds(10);

  private final Sources sources;
  private final SparkSession spark;
  private final Duration waitForSlots;
  private final Consumer<String> lines;
  private final boolean local;
  private final ExecutorPods pods;
  private final Optional<DriverSwitchboard> switchboard = DriverSwitchboard.current();
  private final SlotResources resources;
  private final EncodedData limit;

  EncodingRun(
      Sources sources, ExperimentConfig config, SlotResources resources, Consumer<String> lines) {
    this.limit = config.encodedData();
    this.resources = resources;
    this.sources = sources;
    this.spark = sources.spark();
    this.waitForSlots = config.waitForSlots();
    this.lines = lines;
    SparkContext context = spark.sparkContext();
    this.pods = new ExecutorPods(context.getConf(), context.applicationId());
    this.local = Master.isLocal(context.getConf());
  }

  /**
   * The encoded data set.
   *
   * @param what for the lines, e.g. {@code training data}
   * @param order how the slots will read it
   */
  ShardedData encode(String what, Dataset dataset, EncodingOrder order)
      throws JobException, InterruptedException {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "muster-encode");
              made.setDaemon(true);
              return made;
            });
    long start = System.nanoTime();
    EncodingMeans means =
        new EncodingMeans(
            resources, limit, switchboard.map(DriverSwitchboard::nextEncoding).orElse(0L));
    EncodingProgress progress =
        new EncodingProgress(what, RecordLayout.of(dataset.columns()).stride());
    Future<ShardedData> encoding =
        thread.submit(() -> ShardEncoder.encode(sources, dataset, order, means));
    try {
      ShardedData data = watch(what, encoding, start, () -> progress.line(told(means), now()));
      lines.accept(
          "%s: %,d records of %s%,d bytes, encoded in %.1f s"
              .formatted(
                  what,
                  data.records(),
                  data.layout().isFixed() ? "" : "about ",
                  data.bytes() / Math.max(1, data.records()),
                  (System.nanoTime() - start) / 1e9));
      return data;
    } finally {
      thread.shutdownNow();
    }
  }

  private Message.Encoded told(EncodingMeans means) {
    return switchboard
        .map(of -> of.encoded(means.number()))
        .orElse(new Message.Encoded("", means.number(), 0, 0, 0));
  }

  private static Duration now() {
    return Duration.ofNanos(System.nanoTime());
  }

  private ShardedData watch(
      String what, Future<ShardedData> encoding, long start, Supplier<String> progress)
      throws JobException, InterruptedException {
    long said = start;
    long seen = start;
    while (true) {
      try {
        return encoding.get(1, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        refuseOldJava();
        throw failed(what, e.getCause() == null ? e : e.getCause());
      } catch (TimeoutException e) {
        refuseOldJava();
        long now = System.nanoTime();
        if (local || spark.sparkContext().statusTracker().getExecutorInfos().length > 1) {
          seen = now;
        }
        Duration alone = Duration.ofNanos(now - seen);
        if (alone.compareTo(waitForSlots) > 0) {
          spark.sparkContext().cancelAllJobs();
          throw new JobException(
              JobExit.INFRASTRUCTURE,
              "Cannot encode the %s: no executor for %d s (resources.wait_for_slots_s)%s; look at the cluster's queue, or ask for less memory and fewer cores"
                  .formatted(what, waitForSlots.toSeconds(), pods.describe()));
        }
        if (now - said > SAY_EVERY.toNanos()) {
          said = now;
          lines.accept(
              alone.isZero()
                  ? progress.get()
                  : "Waiting for slots: no executor for %d s (the limit is %d s)%s"
                      .formatted(alone.toSeconds(), waitForSlots.toSeconds(), pods.describe()));
        }
      }
    }
  }

  /** Without this, YARN starts such executors again and again, and then ends the application. */
  private void refuseOldJava() throws JobException {
    Optional<String> found = switchboard.flatMap(DriverSwitchboard::oldJava);
    if (found.isPresent()) {
      spark.sparkContext().cancelAllJobs();
      throw new JobException(
          JobExit.SETUP,
          found.get() + "; " + JavaVersion.cureOfExecutors(spark.sparkContext().master()));
    }
  }

  private static JobException failed(String what, Throwable cause) {
    if (cause instanceof dev.muster.trial.TrialException) {
      return new JobException(JobExit.SETUP, String.valueOf(cause.getMessage()), cause);
    }
    return new JobException(
        JobExit.INFRASTRUCTURE, "Cannot encode the " + what + ": " + cause, cause);
  }
}
