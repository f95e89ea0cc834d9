package dev.muster.job.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A command line for a distribution's {@code bin/spark-submit}, put together by a test and run as a
 * process of its own.
 *
 * <p>Keeps everything on 127.0.0.1, the web UI off and, on YARN, Spark's jars where they are
 * instead of uploading 300 MB; {@link #conf} overrides each.
 */
public final class SparkSubmit {
  /**
   * Such JVMs live for seconds and share few cores: compiling them well costs more than it gives.
   */
  static final String QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private final Path sparkHome;
  private final Map<String, String> options = new LinkedHashMap<>();
  private final Map<String, String> conf = new LinkedHashMap<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final List<String> jars = new ArrayList<>();
  private final List<String> files = new ArrayList<>();

  private SparkSubmit(Path sparkHome, String master) {
    this.sparkHome = sparkHome;
    option("--master", master);
    environment("SPARK_HOME", sparkHome.toString());
    environment("SPARK_LOCAL_IP", "127.0.0.1");
    environment("SPARK_LOCAL_HOSTNAME", "127.0.0.1");
    environment("SPARK_LAUNCHER_OPTS", QUICK_START);
    environment("SPARK_SUBMIT_OPTS", QUICK_START);
    conf("spark.ui.enabled", "false");
    conf("spark.driver.defaultJavaOptions", QUICK_START);
    conf("spark.executor.defaultJavaOptions", QUICK_START);
  }

  /** To any master by its URL, {@code local[2]} say. */
  public static SparkSubmit to(String master, Path sparkHome) {
    return new SparkSubmit(sparkHome, master);
  }

  /** To YARN, from a driver in the submitting process. */
  public static SparkSubmit yarnClient(TestCluster cluster, Path sparkHome) {
    return yarn(cluster, sparkHome)
        .option("--deploy-mode", "client")
        .conf("spark.yarn.am.extraJavaOptions", QUICK_START)
        .conf("spark.driver.host", "127.0.0.1")
        .conf("spark.driver.bindAddress", "127.0.0.1");
  }

  /** To YARN, with the driver in the application master's container. */
  public static SparkSubmit yarnCluster(TestCluster cluster, Path sparkHome) {
    return yarn(cluster, sparkHome).option("--deploy-mode", "cluster");
  }

  private static SparkSubmit yarn(TestCluster cluster, Path sparkHome) {
    SparkSubmit submit = new SparkSubmit(sparkHome, "yarn");
    for (String prefix : List.of("spark.yarn.appMasterEnv.", "spark.executorEnv.")) {
      submit.conf(prefix + "SPARK_LOCAL_IP", "127.0.0.1");
      submit.conf(prefix + "SPARK_LOCAL_HOSTNAME", "127.0.0.1");
    }
    return submit
        .environment("HADOOP_CONF_DIR", cluster.hadoopConfDir().toString())
        .conf("spark.yarn.jars", "local:" + sparkHome.resolve("jars") + "/*")
        .conf("spark.yarn.report.interval", "250ms");
  }

  /** To Kubernetes, from a driver in the submitting process, which uses the token. */
  static SparkSubmit kubernetesClient(Kubernetes cluster, Path sparkHome, Path token) {
    return kubernetes(cluster, sparkHome)
        .option("--deploy-mode", "client")
        .conf("spark.kubernetes.authenticate.caCertFile", cluster.ca().toString())
        .conf("spark.kubernetes.authenticate.oauthTokenFile", token.toString())
        .conf("spark.driver.host", "127.0.0.1")
        .conf("spark.driver.bindAddress", "127.0.0.1");
  }

  /** To Kubernetes with the token, the driver in a pod of the service account. */
  static SparkSubmit kubernetesCluster(
      Kubernetes cluster, Path sparkHome, Path token, String account) {
    return kubernetes(cluster, sparkHome)
        .option("--deploy-mode", "cluster")
        .conf("spark.kubernetes.authenticate.submission.caCertFile", cluster.ca().toString())
        .conf("spark.kubernetes.authenticate.submission.oauthTokenFile", token.toString())
        .conf("spark.kubernetes.authenticate.driver.serviceAccountName", account)
        .conf("spark.kubernetes.report.interval", "500ms");
  }

  private static SparkSubmit kubernetes(Kubernetes cluster, Path sparkHome) {
    return new SparkSubmit(sparkHome, cluster.master())
        .conf("spark.kubernetes.namespace", Kubernetes.NAMESPACE);
  }

  /** An option of spark-submit by its name, as {@code --class}. */
  public SparkSubmit option(String name, String value) {
    options.put(name, value);
    return this;
  }

  public SparkSubmit mainClass(String name) {
    return option("--class", name);
  }

  public SparkSubmit conf(String key, String value) {
    conf.put(key, value);
    return this;
  }

  /** Of the submitting process: the driver's in client mode. */
  public SparkSubmit environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  public SparkSubmit jar(Path jar) {
    return jar(jar.toString());
  }

  /** A jar by its URL, {@code hdfs://} say. */
  SparkSubmit jar(String url) {
    jars.add(url);
    return this;
  }

  public SparkSubmit file(Path file) {
    files.add(file.toString());
    return this;
  }

  /** Starts it in the log's folder; stdout and stderr go into that file, as they come. */
  public Submission start(Path log, Path jobJar, String... arguments) {
    return start(log, jobJar.toString(), arguments);
  }

  /** As {@link #start(Path, Path, String...)}, with the job jar's URL. */
  private Submission start(Path log, String jobJar, String... arguments) {
    List<String> command = command(jobJar, arguments);
    try {
      Path folder = Files.createDirectories(log.toAbsolutePath().getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      return new Submission(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + command, e);
    }
  }

  /** Runs it to its end, at most for the time given. */
  public Submission.Result run(Duration deadline, Path log, Path jobJar, String... arguments) {
    try (Submission submission = start(log, jobJar, arguments)) {
      return submission.await(deadline);
    }
  }

  /** As {@link #run(Duration, Path, Path, String...)}, with the job jar's URL. */
  Submission.Result run(Duration deadline, Path log, String jobJar, String... arguments) {
    try (Submission submission = start(log, jobJar, arguments)) {
      return submission.await(deadline);
    }
  }

  private List<String> command(String jobJar, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(sparkHome.resolve("bin/spark-submit").toString());
    options.forEach((name, value) -> command.addAll(List.of(name, value)));
    conf.forEach((key, value) -> command.addAll(List.of("--conf", key + "=" + value)));
    if (!jars.isEmpty()) {
      command.addAll(List.of("--jars", String.join(",", jars)));
    }
    if (!files.isEmpty()) {
      command.addAll(List.of("--files", String.join(",", files)));
    }
    command.add(jobJar);
    command.addAll(List.of(arguments));
    return command;
  }
}
