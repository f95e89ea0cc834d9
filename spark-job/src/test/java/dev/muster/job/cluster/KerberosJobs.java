package dev.muster.job.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Submits digits to a Kerberized cluster. */
final class KerberosJobs {
  private static final Duration DEADLINE = Duration.ofMinutes(15);

  private final TestCluster kdc;
  private final TestCluster cluster;
  private final Path work;
  private final Path sparkHome;
  private final Path jobJar;
  private final List<Path> userJars = new ArrayList<>();

  /**
   * @param cluster HDFS, or YARN with it
   * @param work takes logs and experiment files
   */
  KerberosJobs(TestCluster kdc, TestCluster cluster, Path work, Path sparkHome) throws Exception {
    this.kdc = kdc;
    this.cluster = cluster;
    this.work = work;
    this.sparkHome = sparkHome;
    this.jobJar = JobJars.job();
    userJars.add(JobJars.digits(work));
    userJars.add(TestJar.write(work.resolve("slow.jar"), SlowDigitsTrial.class));
  }

  /** An experiment file. */
  Path experiment(String name, String yaml) throws IOException {
    Path file = Files.createDirectories(work.resolve(name)).resolve(name + ".yaml");
    Files.writeString(file, yaml);
    return file;
  }

  /** In this process, with the ticket cache of that name and nothing else. */
  SparkSubmit local(Path ticketCache) {
    return on("local[2]", ticketCache);
  }

  /** On that master of this machine, with the ticket cache of that name and nothing else. */
  SparkSubmit on(String master, Path ticketCache) {
    return of(SparkSubmit.to(master, sparkHome))
        .environment("HADOOP_CONF_DIR", cluster.hadoopConfDir().toString())
        .environment("KRB5CCNAME", ticketCache.toString());
  }

  /** On YARN, with the keytab. */
  SparkSubmit yarn(String mode) {
    return withKeytab(yarnWithoutKeytab(mode));
  }

  /** On YARN. */
  SparkSubmit yarnWithoutKeytab(String mode) {
    return of(mode.equals("cluster")
            ? SparkSubmit.yarnCluster(cluster, sparkHome)
            : SparkSubmit.yarnClient(cluster, sparkHome)
                .conf("spark.yarn.am.extraJavaOptions", kdc.krb5Option()))
        .conf("spark.executor.memory", "512m")
        .conf("spark.yarn.am.memory", "512m");
  }

  /** On Kubernetes, with the keytab; pods have the {@code /etc/krb5.conf} of their image. */
  SparkSubmit kubernetes(SparkSubmit submit) {
    userJars.forEach(submit::jar);
    return withKeytab(submit)
        .environment("HADOOP_CONF_DIR", cluster.hadoopConfDir().toString())
        .environment("SPARK_SUBMIT_OPTS", SparkSubmit.QUICK_START + " " + kdc.krb5Option())
        .conf("spark.driver.memory", "512m")
        .conf("spark.executor.memory", "512m")
        .conf("spark.sql.shuffle.partitions", "2");
  }

  private SparkSubmit withKeytab(SparkSubmit submit) {
    return submit
        .option("--principal", kdc.principal())
        .option("--keytab", kdc.keytab().toString());
  }

  private SparkSubmit of(SparkSubmit submit) {
    userJars.forEach(submit::jar);
    // On a cluster of yours each host has /etc/krb5.conf, and none of this is needed.
    return submit
        .environment("SPARK_SUBMIT_OPTS", SparkSubmit.QUICK_START + " " + kdc.krb5Option())
        .conf("spark.driver.extraJavaOptions", kdc.krb5Option())
        .conf("spark.executor.extraJavaOptions", kdc.krb5Option())
        .conf("spark.driver.memory", "512m")
        .conf("spark.sql.shuffle.partitions", "2");
  }

  Submission.Result run(SparkSubmit submit, String name, String file) {
    return submit.run(DEADLINE, log(name), jobJar, "run", file, "--name", name);
  }

  /** The pre-flight alone. */
  Submission.Result check(SparkSubmit submit, String name, String file) {
    return submit.run(DEADLINE, log(name), jobJar, "check", file);
  }

  private Path log(String name) {
    return work.resolve(name).resolve("submit.log");
  }

  /** Digits on two slots. */
  static String yaml(String storage, int epochs, int epochsOfPeriod, int pauseMillis) {
    return """
        name: digits
        entrypoint: dev.muster.job.cluster.SlowDigitsTrial
        data: {train_images: 640, validation_images: 200, pause_millis: %d}
        hyperparameters: {global_batch_size: 64, learning_rate: 0.002}
        searcher: {name: single, metric: accuracy, smaller_is_better: false, max_length: {epochs: %d}}
        scheduling_unit: 10
        checkpoint_policy: all
        min_validation_period: {epochs: %d}
        checkpoint_storage: {path: %s/experiments}
        resources: {slots_per_trial: 2}
        reproducibility: {experiment_seed: 1}
        """
        .formatted(pauseMillis, epochs, epochsOfPeriod, storage);
  }
}
