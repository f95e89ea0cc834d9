package dev.muster.job.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** Submits Muster's job jar to a test cluster, one folder of logs for each class of tests. */
final class JobOnYarn {
  static final Duration DEADLINE = Duration.ofMinutes(8);

  private final TestCluster cluster;
  private final Path work;
  private final Path sparkHome;
  private final Path jobJar;
  private final Path userJar;
  private final UnaryOperator<SparkSubmit> options;

  /**
   * @param work takes logs, experiment files and facts
   * @param userJar goes with {@code --jars}
   */
  JobOnYarn(TestCluster cluster, Path work, Path sparkHome, Path jobJar, Path userJar) {
    this(cluster, work, sparkHome, jobJar, userJar, UnaryOperator.identity());
  }

  private JobOnYarn(
      TestCluster cluster,
      Path work,
      Path sparkHome,
      Path jobJar,
      Path userJar,
      UnaryOperator<SparkSubmit> options) {
    this.options = options;
    this.cluster = cluster;
    this.work = work;
    this.sparkHome = sparkHome;
    this.jobJar = jobJar;
    this.userJar = userJar;
  }

  JobOnYarn withUserJar(Path jar) {
    return new JobOnYarn(cluster, work, sparkHome, jobJar, jar, options);
  }

  /** The same, submitted with more of spark-submit's options. */
  JobOnYarn with(UnaryOperator<SparkSubmit> more) {
    return new JobOnYarn(
        cluster, work, sparkHome, jobJar, userJar, submit -> more.apply(options.apply(submit)));
  }

  /** The same from another distribution of Spark. */
  JobOnYarn onSpark(Path home) {
    return new JobOnYarn(cluster, work, home, jobJar, userJar, options);
  }

  Path userJar() {
    return userJar;
  }

  /** Where the experiment of that name is kept. */
  StoredExperiment experiment(String name) {
    return new StoredExperiment(cluster.defaultFs() + "/experiments/" + name);
  }

  /** Starts {@code run}: in client mode with the file, in cluster mode with one sent along. */
  Submission start(String mode, String name, String yaml) throws IOException {
    boolean inCluster = mode.equals("cluster");
    SparkSubmit submit =
        inCluster
            ? SparkSubmit.yarnCluster(cluster, sparkHome)
            : SparkSubmit.yarnClient(cluster, sparkHome);
    Path file = Files.createDirectories(work.resolve(name)).resolve(name + ".yaml");
    Files.writeString(file, yaml);
    if (inCluster) {
      submit.file(file);
    }
    submit
        .conf("spark.executor.memory", "512m")
        .conf("spark.driver.memory", "512m")
        .conf("spark.yarn.am.memory", "512m")
        .conf("spark.sql.shuffle.partitions", "2")
        .jar(userJar);
    return options
        .apply(submit)
        .start(
            work.resolve(name).resolve("submit.log"),
            jobJar,
            "run",
            inCluster ? file.getFileName().toString() : file.toString(),
            "--name",
            name);
  }

  Submission.Result run(String mode, String name, String yaml) throws IOException {
    try (Submission submission = start(mode, name, yaml)) {
      return submission.await(DEADLINE);
    }
  }

  /** Runs another command of the job jar, as a submission without a cluster. */
  Submission.Result command(String name, String... arguments) {
    return SparkSubmit.to("local[1]", sparkHome)
        .run(DEADLINE, work.resolve(name).resolve("command.log"), jobJar, arguments);
  }

  /** Waits for a text in the submission's output; fails with the output if it has ended before. */
  static void awaitText(Submission submission, String text) {
    Awaitility.await("'" + text + "' in the output of spark-submit")
        .atMost(DEADLINE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              boolean alive = submission.process().isAlive();
              boolean found = submission.output().contains(text);
              if (!alive && !found) {
                throw new AssertionError("Cannot find '" + text + "': " + submission.output());
              }
              return found;
            });
  }

  static String awaitApplicationId(Submission submission) {
    return Awaitility.await("an application id")
        .atMost(DEADLINE)
        .pollInterval(Duration.ofMillis(50))
        .until(submission::applicationId, Optional::isPresent)
        .orElseThrow();
  }

  /** Prints what was measured and keeps it in {@code facts.txt}, for people. */
  void fact(String format, Object... arguments) throws IOException {
    String line = String.format(java.util.Locale.ROOT, format, arguments);
    System.err.println("FACT " + line);
    Files.writeString(
        work.resolve("facts.txt"),
        line + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
