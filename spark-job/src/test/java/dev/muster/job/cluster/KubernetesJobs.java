package dev.muster.job.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Submits the digits example to a Kubernetes of the test's own, with HDFS beside it. */
final class KubernetesJobs implements AutoCloseable {
  static final Duration DEADLINE = Duration.ofMinutes(5);
  static final Path ENTRYPOINT = Scripts.file("testcluster.d/kubernetes/entrypoint.sh");

  private final Path work;
  private final String sparkVersion;
  private final Path sparkHome;
  private final TestCluster hdfs;
  private final TestCluster kubernetes;
  private final Kubernetes cluster;
  private final Path jobJar;
  private final Path userJar;

  private KubernetesJobs(
      Path work, String sparkVersion, Path sparkHome, TestCluster kubernetes, TestCluster hdfs)
      throws Exception {
    this.work = work;
    this.sparkVersion = sparkVersion;
    this.sparkHome = sparkHome;
    this.hdfs = hdfs;
    this.kubernetes = kubernetes;
    this.cluster = new Kubernetes(kubernetes);
    this.jobJar = JobJars.job();
    this.userJar = JobJars.digits(work);
    cluster.image(image(), List.of(sparkHome + ":/opt/spark", ENTRYPOINT + ":/opt/entrypoint.sh"));
  }

  /** Starts both clusters; what fails stops what was started. */
  static KubernetesJobs start(Path work, String sparkVersion, Path sparkHome) throws Exception {
    Files.createDirectories(work);
    TestCluster kubernetes = TestCluster.kubernetes(work.resolve("kubernetes"));
    try {
      TestCluster hdfs = TestCluster.hdfs(work.resolve("hdfs"));
      try {
        return new KubernetesJobs(work, sparkVersion, sparkHome, kubernetes, hdfs);
      } catch (Exception | Error e) {
        hdfs.close();
        throw e;
      }
    } catch (Exception | Error e) {
      kubernetes.close();
      throw e;
    }
  }

  Kubernetes cluster() {
    return cluster;
  }

  Path sparkHome() {
    return sparkHome;
  }

  Path userJar() {
    return userJar;
  }

  StoredExperiment experiment(String name) {
    return new StoredExperiment(hdfs.defaultFs() + "/experiments/" + name);
  }

  /** From a driver here that has the account's token. */
  SparkSubmit client(String account) {
    return common(SparkSubmit.kubernetesClient(cluster, sparkHome, cluster.token(account)));
  }

  /** Submitted by {@code muster-submit}; the driver's pod is {@code NAME-driver}. */
  SparkSubmit cluster(String name, String account) {
    return common(
            SparkSubmit.kubernetesCluster(
                cluster, sparkHome, cluster.token("muster-submit"), account))
        .environment("HADOOP_CONF_DIR", hdfs.hadoopConfDir().toString())
        .conf("spark.kubernetes.driver.pod.name", name + "-driver")
        .conf("spark.kubernetes.file.upload.path", hdfs.defaultFs() + "/upload");
  }

  /** The job jar, the user's and the experiment as local files, which the driver here reads. */
  Submission.Result runClient(String name, SparkSubmit submit, String... more) throws IOException {
    return submit
        .jar(userJar)
        .run(DEADLINE, log(name), jobJar, arguments(name, file(name).toString(), more));
  }

  /** Executors come with the tasks and go when they are idle, by tracking their shuffles. */
  SparkSubmit dynamic(SparkSubmit submit) {
    return submit
        .conf("spark.dynamicAllocation.enabled", "true")
        .conf("spark.dynamicAllocation.shuffleTracking.enabled", "true")
        .conf("spark.dynamicAllocation.maxExecutors", "3")
        .conf("spark.dynamicAllocation.executorIdleTimeout", "1s");
  }

  /** The same files, which spark-submit uploads for the driver's pod. */
  Submission.Result runUploaded(String name, SparkSubmit submit, String... more)
      throws IOException {
    return submit
        .jar(userJar)
        .file(file(name))
        .run(DEADLINE, log(name), jobJar, arguments(name, name + ".yaml", more));
  }

  private static String[] arguments(String name, String file, String... more) {
    return Stream.concat(Stream.of("run", file, "--name", name), Stream.of(more))
        .toArray(String[]::new);
  }

  String yaml() {
    return DigitsExperiment.yaml(hdfs.defaultFs());
  }

  @Override
  public void close() {
    kubernetes.close();
    hdfs.close();
  }

  private String image() {
    return "muster-test:" + sparkVersion;
  }

  private SparkSubmit common(SparkSubmit submit) {
    return submit
        .conf("spark.kubernetes.container.image", image())
        .conf("spark.executor.memory", "512m")
        .conf("spark.driver.memory", "512m")
        .conf("spark.sql.shuffle.partitions", "2");
  }

  private Path file(String name) throws IOException {
    Path file = Files.createDirectories(work.resolve(name)).resolve(name + ".yaml");
    return Files.writeString(file, yaml());
  }

  private Path log(String name) {
    return work.resolve(name).resolve("submit.log");
  }
}
