package dev.muster.job.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** Spark's Master and Workers, each in a JVM of its own, on 127.0.0.1. */
final class StandaloneCluster implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("Starting Spark master at (spark://\\S+)");
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final String master;

  /** Starts the Master. */
  StandaloneCluster(Path parent) throws IOException {
    folder = Files.createDirectory(parent.resolve("cluster"));
    Path log = folder.resolve("master.log");
    processes.add(
        SparkApp.start(
            folder,
            log,
            "org.apache.spark.deploy.master.Master",
            List.of("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")));
    master = await(log, URL).group(1);
  }

  String master() {
    return master;
  }

  int workers() {
    return processes.size() - 1;
  }

  /**
   * Adds a Worker.
   *
   * @param host 127.0.0.1 or another name of it: Spark takes Workers of two names for two hosts
   */
  void addWorker(String host, int cores) throws IOException {
    Path log = folder.resolve("worker-" + processes.size() + ".log");
    processes.add(
        SparkApp.start(
            folder,
            log,
            "org.apache.spark.deploy.worker.Worker",
            List.of(
                "--host",
                host,
                "--port",
                "0",
                "--webui-port",
                "0",
                "--cores",
                Integer.toString(cores),
                "--memory",
                "4g",
                "--work-dir",
                folder.resolve("work-" + processes.size()).toString(),
                master)));
    await(log, Pattern.compile("Successfully registered with master"));
  }

  private static Matcher await(Path log, Pattern pattern) {
    return Awaitility.await(pattern.pattern() + " in " + log)
        .atMost(LONGEST)
        .until(() -> pattern.matcher(Files.readString(log)), Matcher::find);
  }

  /** Kills the daemons and the executors that they started. */
  @Override
  public void close() throws InterruptedException {
    for (Process process : processes) {
      SparkApp.kill(process);
    }
  }
}
