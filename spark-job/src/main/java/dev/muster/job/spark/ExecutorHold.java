package dev.muster.job.spark;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps dynamic allocation from taking executors whose replicas wait for the next leg, while a
 * reducer takes its time, say: an empty task on each starts its idle time again. Nothing else in
 * Spark does; those without a replica go back as the user set it. Its thread is {@code
 * muster-hold}.
 */
final class ExecutorHold implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorHold.class);
  private static final String GROUP = "muster-hold";
  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final int PER_IDLE_TIME = 5;

  private final SparkContext context;
  private final SlotResources resources;
  private final DriverSwitchboard switchboard;
  private final String trialId;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread made = new Thread(work, "muster-hold");
            made.setDaemon(true);
            return made;
          });

  private ExecutorHold(
      SparkContext context,
      SlotResources resources,
      DriverSwitchboard switchboard,
      String trialId) {
    this.context = context;
    this.resources = resources;
    this.switchboard = switchboard;
    this.trialId = trialId;
  }

  /** Holds until it is closed; without dynamic allocation there is nothing to do. */
  static ExecutorHold start(
      SparkContext context,
      SlotResources resources,
      DriverSwitchboard switchboard,
      String trialId) {
    ExecutorHold hold = new ExecutorHold(context, resources, switchboard, trialId);
    SparkConf conf = context.getConf();
    if (SlotCapacity.isDynamic(conf)) {
      long period = period(conf).toMillis();
      var unused =
          hold.thread.scheduleWithFixedDelay(hold::touch, period, period, TimeUnit.MILLISECONDS);
    }
    return hold;
  }

  /** Several times in the shortest idle time. */
  static Duration period(SparkConf conf) {
    long shortest =
        Stream.of(
                "spark.dynamicAllocation.executorIdleTimeout",
                "spark.dynamicAllocation.cachedExecutorIdleTimeout",
                "spark.dynamicAllocation.shuffleTracking.timeout")
            .mapToLong(key -> conf.getTimeAsMs(key, "60s"))
            .min()
            .orElse(0);
    long millis = shortest / PER_IDLE_TIME;
    return Duration.ofMillis(Math.max(SHORTEST.toMillis(), Math.min(LONGEST.toMillis(), millis)));
  }

  private void touch() {
    try {
      List<String> places =
          switchboard.ledger(trialId).replicas().stream()
              .map(Seated::executorId)
              .distinct()
              .flatMap(executor -> switchboard.executors().location(executor).stream())
              .toList();
      if (places.isEmpty() || !switchboard.gangs().isEmpty()) {
        return; // the tasks of a leg hold their executors
      }
      context.setJobGroup(GROUP, "hold the executors of trial " + trialId, false);
      var unused =
          resources
              .on(
                  ScalaBridge.placed(
                      context,
                      Collections.nCopies(places.size(), new byte[0]),
                      places.stream().map(List::of).toList()))
              .count();
    } catch (Throwable e) { // Spark throws what Java does not declare; the next one may do better
      LOG.debug("Cannot hold the executors of trial {}", trialId, e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    if (!context.isStopped()) {
      context.cancelJobGroup(GROUP);
    }
  }
}
