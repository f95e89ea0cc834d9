package dev.muster.job.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    this(parent, List.of());
  }

  /** Starts the Master by another command, which starts the one that follows. */
  StandaloneCluster(Path parent, List<String> prefix) throws IOException {
    folder = Files.createDirectory(parent.resolve("cluster"));
    Path log = folder.resolve("master.log");
    processes.add(
        SparkApp.start(
            prefix,
            folder,
            log,
            "org.apache.spark.deploy.master.Master",
            Map.of(),
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
    addWorker(host, cores, List.of(), List.of());
  }

  /** Adds a Worker by another command, which starts the one that follows. */
  void addWorker(String host, int cores, List<String> prefix) throws IOException {
    addWorker(host, cores, prefix, List.of());
  }

  /**
   * Adds a Worker with GPUs that a script makes up.
   *
   * @param gpus the addresses that the script prints
   */
  void addGpuWorker(String host, int cores, List<String> gpus) throws IOException {
    addWorker(host, cores, List.of(), gpus);
  }

  private void addWorker(String host, int cores, List<String> prefix, List<String> gpus)
      throws IOException {
    List<String> arguments = new ArrayList<>();
    if (!gpus.isEmpty()) {
      arguments.addAll(List.of("--properties-file", fakeGpus(gpus).toString()));
    }
    Path log = folder.resolve("worker-" + processes.size() + ".log");
    arguments.addAll(
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
            workDirectory(processes.size()).toString(),
            master));
    processes.add(
        SparkApp.start(
            prefix, folder, log, "org.apache.spark.deploy.worker.Worker", Map.of(), arguments));
    await(log, Pattern.compile("Successfully registered with master"));
  }

  private Path fakeGpus(List<String> gpus) throws IOException {
    Path script = folder.resolve("gpus-" + processes.size());
    Files.writeString(
        script,
        "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"%s\"]}'\n"
            .formatted(String.join("\", \"", gpus)));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path properties = folder.resolve("gpus-" + processes.size() + ".properties");
    return Files.writeString(
        properties,
        "spark.worker.resource.gpu.amount %d%nspark.worker.resource.gpu.discoveryScript %s%n"
            .formatted(gpus.size(), script));
  }

  /** Where the executors of a Worker leave their logs. */
  Path workDirectory(int worker) {
    return folder.resolve("work-" + worker);
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
