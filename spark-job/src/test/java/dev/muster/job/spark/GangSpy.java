package dev.muster.job.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * A user's listener ({@code spark.extraListeners}): notes in the file {@code spark.test.spy} what
 * Spark does, a line an event; {@code leg 0} stands for a job that is no leg of a trial.
 */
public final class GangSpy extends SparkListener {
  static final String FILE = "spark.test.spy";

  private static final List<String> SEATS = new ArrayList<>(); // executors of the newest leg
  private static final List<String> REMOVED = new ArrayList<>();

  private final Path file;
  private final Map<Integer, String> legOfStage = new HashMap<>();
  private final Map<Integer, String> legOfJob = new HashMap<>();

  public GangSpy(SparkConf conf) {
    file = Path.of(conf.get(FILE));
  }

  /** The executors that the newest leg's tasks run on, in the order of their start. */
  static List<String> executorsOfLeg() {
    synchronized (SEATS) {
      return List.copyOf(SEATS);
    }
  }

  /** The executors that Spark has lost. */
  static List<String> removed() {
    synchronized (REMOVED) {
      return List.copyOf(REMOVED);
    }
  }

  private static String leg(Properties properties) {
    String leg =
        properties == null ? "0" : properties.getProperty(ClusterListener.LEG_PROPERTY, "0");
    return leg.startsWith("-") ? "0" : leg; // the pre-flight's
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    String leg = leg(event.properties());
    legOfJob.put(event.jobId(), leg);
    note("start job %d leg %s".formatted(event.jobId(), leg));
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    note("end job %d leg %s".formatted(event.jobId(), legOfJob.get(event.jobId())));
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    String leg = leg(event.properties());
    legOfStage.put(event.stageInfo().stageId(), leg);
    if (!leg.equals("0")) {
      synchronized (SEATS) {
        SEATS.clear();
      }
    }
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    String leg = legOfStage.getOrDefault(event.stageId(), "0");
    String executor = event.taskInfo().executorId();
    if (!leg.equals("0")) {
      synchronized (SEATS) {
        SEATS.add(executor);
      }
    }
    note(
        "%s of leg %s on executor %s host %s"
            .formatted(
                event.taskInfo().speculative() ? "copy" : "task",
                leg,
                executor,
                event.taskInfo().host()));
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    note(
        "added executor %s host %s"
            .formatted(event.executorId(), event.executorInfo().executorHost()));
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    synchronized (REMOVED) {
      REMOVED.add(event.executorId());
    }
    note("removed executor %s: %s".formatted(event.executorId(), event.reason()));
  }

  private void note(String line) {
    try {
      Files.writeString(
          file,
          line.replace('\n', ' ') + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
