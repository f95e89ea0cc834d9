package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.StandaloneJob.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The digits on a Master and two Workers of two host names, with the checkpoint on HDFS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StandaloneRuns {
  private static final Map<String, String> DYNAMIC =
      Map.of(
          "spark.dynamicAllocation.enabled", "true",
          "spark.dynamicAllocation.shuffleTracking.enabled", "true",
          "spark.dynamicAllocation.minExecutors", "0",
          "spark.dynamicAllocation.maxExecutors", "4");

  private final String version;
  private final Path work;
  private @Nullable TestCluster running;
  private @Nullable StandaloneJob digits;

  StandaloneRuns(String version) {
    this.version = version;
    this.work = Path.of("target/it/standalone-" + version).toAbsolutePath();
  }

  @BeforeAll
  void startCluster() throws Exception {
    Path jobJar = JobJars.job();
    Files.createDirectories(work);
    TestCluster cluster = TestCluster.standalone(work.resolve("cluster"), version);
    running = cluster;
    digits = new StandaloneJob(cluster, work, jobJar, JobJars.digits(work));
  }

  @AfterAll
  void stopCluster() {
    if (running != null) {
      running.close();
      ProcessTable.awaitNone(work.resolve("cluster").toString(), Duration.ofSeconds(20));
    }
  }

  @Test
  void clientModeTrainsOnTwoHostNames() throws Exception {
    Run run = digits().client("client", Map.of());

    assertThat(run.submit().exitCode()).as(run.driverOutput()).isZero();
    assertThat(run.driverOutput())
        .contains("runs on host 127.0.0.1, executor ")
        .contains("runs on host localhost, executor ");
    record("client", false, "", run, "client");
  }

  @Test
  @Tag("full")
  void clusterModeTrainsOnTwoHostNames() throws Exception {
    Run run =
        digits()
            .inCluster("inCluster", Map.of("spark.driver.extraJavaOptions", StandaloneJob.OPENS));

    assertThat(run.submit().output()).contains(" is FINISHED");
    assertThat(run.driverOutput())
        .contains("runs on host 127.0.0.1, executor ")
        .contains("runs on host localhost, executor ");
    record("cluster", false, "", run, "inCluster");
  }

  @Test
  @Tag("full")
  void clientModeWithDynamicAllocationTrains() throws Exception {
    Run run = digits().client("dynamic", DYNAMIC);

    assertThat(run.submit().exitCode()).as(run.driverOutput()).isZero();
    assertThat(run.driverOutput()).doesNotContain("set spark.cores.max");
    record("client", true, "", run, "dynamic");
  }

  @Test
  @Tag("full")
  void clusterModeWithDynamicAllocationTrains() throws Exception {
    Map<String, String> conf = new java.util.HashMap<>(DYNAMIC);
    conf.put("spark.driver.extraJavaOptions", StandaloneJob.OPENS);
    Run run = digits().inCluster("dynamicCluster", conf);

    assertThat(run.submit().output()).contains(" is FINISHED");
    record("cluster", true, "", run, "dynamicCluster");
  }

  @Test
  @Tag("full")
  void aWorkerRunsSeveralExecutors() throws Exception {
    Run run = digits().client("four", Map.of(), 4);

    assertThat(run.submit().exitCode()).as(run.driverOutput()).isZero();
    assertThat(run.driverOutput())
        .contains("set spark.executor.cores=1 (one slot an executor)")
        .contains("set spark.cores.max=4 (4 slots)");
    assertThat(run.driverOutput().lines().filter(line -> line.contains(" runs on host localhost")))
        .as(run.driverOutput())
        .hasSize(2);
    assertThat(digits().experiment("four").verifiedCheckpoints()).isNotEmpty();
  }

  @Test
  @Tag("full")
  void twoSlotsTrainInOneExecutorOfTwo() throws Exception {
    Run run = digits().client("oneExecutor", Map.of("spark.executor.cores", "2"));

    assertThat(run.submit().exitCode()).as(run.driverOutput()).isZero();
    assertThat(run.driverOutput())
        .contains("set spark.cores.max=2 (2 slots)")
        .containsPattern("rank 0 runs on host (\\S+), executor 0")
        .containsPattern("rank 1 runs on host (\\S+), executor 0");
    record("client", false, "two slots in one executor", run, "oneExecutor");
  }

  @Test
  @Tag("full")
  void clusterModeWithoutOpenModulesSaysWhatToSet() throws Exception {
    Run run = digits().inCluster("closed", Map.of());

    assertThat(run.submit().output()).contains(" is FAILED");
    assertThat(run.driverOutput())
        .contains("muster: Cannot start Spark on Java ")
        .contains("submit with --driver-java-options \"--add-opens=java.base/java.lang=ALL-UNNAMED")
        .doesNotContain("a defect of Muster's own");
  }

  private void record(String mode, boolean dynamic, String note, Run run, String experiment)
      throws Exception {
    ClusterTable.row("standalone", mode, version, dynamic, note)
        .hosts(run.driverOutput())
        .jarsSent()
        .took(run.time())
        .readBack(digits().experiment(experiment));
  }

  private StandaloneJob digits() {
    return Objects.requireNonNull(digits, "the cluster was not started");
  }
}
