package dev.muster.job.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * Submits the digits example to a standalone cluster, from where no executor has the jars on its
 * class path: in client mode they are local files that the driver serves, in cluster mode they and
 * the experiment lie on HDFS.
 */
final class StandaloneJob {
  static final Duration DEADLINE = Duration.ofMinutes(12);

  /** Where the packages of Java are opened that Spark needs, as scripts/submit does it. */
  static final String OPENS =
      "--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.lang.invoke=ALL-UNNAMED"
          + " --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED"
          + " --add-opens=java.base/java.util.concurrent=ALL-UNNAMED"
          + " --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/jdk.internal.ref=ALL-UNNAMED";

  /**
   * An ended run.
   *
   * @param driverOutput stdout and stderr of the driver, wherever it ran
   */
  record Run(Submission.Result submit, String driverOutput, Duration time) {}

  private final TestCluster cluster;
  private final Path work;
  private final Path jobJar;
  private final Path userJar;

  StandaloneJob(TestCluster cluster, Path work, Path jobJar, Path userJar) {
    this.cluster = cluster;
    this.work = work;
    this.jobJar = jobJar;
    this.userJar = userJar;
  }

  /** Where the experiment of that name is kept. */
  StoredExperiment experiment(String name) {
    return new StoredExperiment(cluster.defaultFs() + "/experiments/" + name);
  }

  /** Runs it with the driver here. */
  Run client(String name, Map<String, String> conf) throws IOException {
    return client(name, conf, 2);
  }

  /** As {@link #client(String, Map)}, on so many slots. */
  Run client(String name, Map<String, String> conf, int slots) throws IOException {
    Path file = Files.createDirectories(work.resolve(name)).resolve("digits.yaml");
    Files.writeString(file, yaml());
    SparkSubmit submit =
        submit(conf)
            .option("--deploy-mode", "client")
            .conf("spark.driver.host", "127.0.0.1")
            .jar(userJar.toString());
    long start = System.nanoTime();
    Submission.Result result =
        submit.run(
            DEADLINE,
            log(name),
            jobJar.toString(),
            "run",
            file.toString(),
            "--name",
            name,
            "--config",
            "resources.slots_per_trial=" + slots);
    return new Run(result, result.output(), Duration.ofNanos(System.nanoTime() - start));
  }

  /** Runs it with the driver on one of the Workers. */
  Run inCluster(String name, Map<String, String> conf) throws IOException {
    String jars = cluster.defaultFs() + "/jars/";
    try (FileSystem files =
        FileSystem.newInstance(URI.create(cluster.defaultFs()), new Configuration())) {
      for (Path jar : new Path[] {jobJar, userJar}) {
        var target = new org.apache.hadoop.fs.Path(jars + jar.getFileName());
        if (!files.exists(target)) {
          files.copyFromLocalFile(new org.apache.hadoop.fs.Path(jar.toUri()), target);
        }
      }
      Path file = Files.createDirectories(work.resolve(name)).resolve("digits.yaml");
      Files.writeString(file, yaml());
      files.copyFromLocalFile(
          new org.apache.hadoop.fs.Path(file.toUri()),
          new org.apache.hadoop.fs.Path(jars + "digits.yaml"));
    }
    SparkSubmit submit =
        submit(conf)
            .option("--deploy-mode", "cluster")
            .conf("spark.standalone.submit.waitAppCompletion", "true")
            .jar(jars + userJar.getFileName());
    long start = System.nanoTime();
    Submission.Result result =
        submit.run(
            DEADLINE,
            log(name),
            jars + jobJar.getFileName(),
            "run",
            jars + "digits.yaml",
            "--name",
            name);
    return new Run(result, driverLog(name), Duration.ofNanos(System.nanoTime() - start));
  }

  private SparkSubmit submit(Map<String, String> conf) {
    SparkSubmit submit =
        SparkSubmit.to(cluster.sparkMaster(), cluster.sparkHome())
            .environment("HADOOP_CONF_DIR", cluster.hadoopConfDir().toString())
            .conf("spark.driver.memory", "512m")
            .conf("spark.executor.memory", "512m")
            .conf("spark.sql.shuffle.partitions", "2");
    conf.forEach(submit::conf);
    return submit;
  }

  private Path log(String name) {
    return work.resolve(name).resolve("submit.log");
  }

  /** What the driver wrote that was called so. */
  private String driverLog(String name) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path folder : cluster.sparkWorkerDirectories()) {
      try (Stream<Path> drivers = Files.list(folder)) {
        drivers
            .filter(driver -> driver.getFileName().toString().startsWith("driver-"))
            .filter(
                driver -> read(driver.resolve("stderr")).contains("\"--name\" \"" + name + "\""))
            .forEach(
                driver ->
                    text.append(read(driver.resolve("stdout")))
                        .append(read(driver.resolve("stderr"))));
      }
    }
    return text.toString();
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  private String yaml() {
    return DigitsExperiment.yaml(cluster.defaultFs());
  }
}
