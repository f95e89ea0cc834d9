package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pods that write to an HDFS which asks for Kerberos: by the driver's keytab, and its tokens. */
@Tag("full")
class KubernetesKerberosIT {
  private static final Path WORK = Path.of("target/it/kubernetes-kerberos").toAbsolutePath();
  private static final String IMAGE = "muster-test:kerberos";
  private static final String CONFIG_MAP = "hadoop-conf";

  private static @Nullable SecuredClusters secured;
  private static @Nullable TestCluster started;
  private static @Nullable Kubernetes kubernetes;

  @BeforeAll
  static void startClusters() throws Exception {
    started = TestCluster.kubernetes(WORK.resolve("kubernetes"));
    kubernetes = new Kubernetes(started);
    secured = new SecuredClusters("hdfs", WORK);
    kubernetes()
        .image(
            IMAGE,
            List.of(
                Scripts.sparkDistribution() + ":/opt/spark",
                KubernetesJobs.ENTRYPOINT + ":/opt/entrypoint.sh",
                secured().kdc().krb5Conf() + ":/etc/krb5.conf"));
  }

  @AfterAll
  static void stopClusters() {
    if (started != null) {
      started.close();
    }
    if (secured != null) {
      secured.close();
    }
  }

  /** In client mode Spark gives the pods no Hadoop configuration by itself. */
  @Test
  void clientMode() throws Exception {
    kubernetes().configMap(CONFIG_MAP, secured().cluster().hadoopConfDir());
    Path file = secured().jobs().experiment("client", yaml());
    long start = System.nanoTime();
    Submission.Result result =
        secured()
            .jobs()
            .run(
                submit(
                        SparkSubmit.kubernetesClient(
                            kubernetes(),
                            Scripts.sparkDistribution(),
                            kubernetes().token("muster")))
                    .conf("spark.kubernetes.executor.hadoopConfigMapName", CONFIG_MAP),
                "client",
                file.toString());

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).contains("alice@MUSTER.TEST by keytab; tokens are renewed");
    assertReadBack("client", WORK.resolve("client/submit.log"), start);
  }

  /** spark-submit makes a Secret of the keytab and a ConfigMap of Hadoop's configuration. */
  @Test
  void clusterMode() throws Exception {
    List<Kubernetes.Rule> rules = new ArrayList<>(Kubernetes.role("muster-submit"));
    rules.add(new Kubernetes.Rule(List.of("secrets"), List.of("create", "patch")));
    Path token = kubernetes().account("kerberos-submit", rules);
    Path file = secured().jobs().experiment("cluster", yaml());
    long start = System.nanoTime();
    Submission.Result result =
        secured()
            .jobs()
            .run(
                submit(
                        SparkSubmit.kubernetesCluster(
                            kubernetes(), Scripts.sparkDistribution(), token, "muster"))
                    .file(file)
                    .conf("spark.kubernetes.driver.pod.name", "cluster-driver")
                    .conf(
                        "spark.kubernetes.file.upload.path",
                        secured().cluster().defaultFs() + "/upload"),
                "cluster",
                "cluster.yaml");

    String log = kubernetes().log("cluster-driver");
    assertThat(result.exitCode()).as(result.output() + log).isZero();
    assertThat(kubernetes().exitCode("cluster-driver")).as(log).isZero();
    assertThat(log).contains("alice@MUSTER.TEST by keytab; tokens are renewed");
    Path driverLog = Files.writeString(WORK.resolve("cluster/driver.log"), log);
    assertReadBack("cluster", driverLog, start);
  }

  private static SparkSubmit submit(SparkSubmit submit) {
    return secured().jobs().kubernetes(submit).conf("spark.kubernetes.container.image", IMAGE);
  }

  private static String yaml() {
    return KerberosJobs.yaml(secured().cluster().defaultFs(), 2, 1, 0);
  }

  private static void assertReadBack(String mode, Path driverLog, long start) throws Exception {
    assertThat(
            SecuredReadBack.run(
                secured().kdc(),
                secured().cluster(),
                secured().cluster().defaultFs() + "/experiments/" + mode,
                driverLog,
                Duration.ofNanos(System.nanoTime() - start),
                "kubernetes",
                mode,
                "3.5.5",
                "Kerberos"))
        .as("result and checkpoints")
        .hasSize(1 + 2);
  }

  private static SecuredClusters secured() {
    return Objects.requireNonNull(secured, "the clusters were not started");
  }

  private static Kubernetes kubernetes() {
    return Objects.requireNonNull(kubernetes, "the cluster was not started");
  }
}
