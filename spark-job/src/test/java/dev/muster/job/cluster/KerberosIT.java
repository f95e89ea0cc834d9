package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** HDFS that asks for Kerberos: what the pre-flight says of the user's credentials. */
class KerberosIT {
  private static final Path WORK = Path.of("target/it/kerberos").toAbsolutePath();

  private static @Nullable SecuredClusters running;

  @BeforeAll
  static void startClusters() throws Exception {
    running = new SecuredClusters("hdfs", WORK);
  }

  @AfterAll
  static void stopClusters() {
    if (running != null) {
      running.close();
    }
  }

  @Test
  void withoutTicketEndsAtThePreflightWithMustersMessage() throws Exception {
    Path cache = WORK.resolve("no-such-cache");

    Submission.Result result = run("none", cache);

    assertRefused(result, cache + " (there is no such file)");
  }

  @Test
  void withExpiredTicketEndsAtThePreflight() throws Exception {
    Path cache = kdc().ticket(WORK.resolve("short"), Duration.ofSeconds(2));
    final long start = System.nanoTime();
    Awaitility.await("the end of the ticket")
        .until(() -> Duration.ofNanos(System.nanoTime() - start).toSeconds() >= 3);

    Submission.Result result = run("expired", cache);

    assertRefused(result, cache + ";");
  }

  @Test
  void withTicketAloneIsToldWhenItEnds() throws Exception {
    Path cache = kdc().ticket(WORK.resolve("long"), Duration.ofMinutes(2));
    Path file = jobs().experiment("ticket", KerberosJobs.yaml(hdfs().defaultFs(), 1, 1, 0));

    Submission.Result result = jobs().check(jobs().local(cache), "ticket", file.toString());

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output())
        .containsPattern(
            "(?m)^warning: credentials: alice@MUSTER.TEST has a ticket but no keytab: the ticket"
                + " ends in [0-9]{1,3} s; a run that takes longer fails, so give spark-submit"
                + " --principal and --keytab$");
  }

  @Test
  void whereSparkGivesNoTokensIsToldSo() throws Exception {
    Path cache = kdc().ticket(WORK.resolve("hosts"), Duration.ofMinutes(2));
    Path file = jobs().experiment("no-tokens", KerberosJobs.yaml(hdfs().defaultFs(), 1, 1, 0));

    Submission.Result result =
        jobs().check(jobs().on("local-cluster[2,1,1024]", cache), "no-tokens", file.toString());

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .contains(
            "warning: credentials: Spark gives its executors no delegation tokens on master"
                + " local-cluster[2,1,1024]; each host needs a ticket of its own for "
                + hdfs().defaultFs()
                + "/experiments, or choose YARN or Kubernetes")
        .containsPattern( // Spark does not hand them the driver's ticket either
            "(?m)^problem: storage: executor [01] on host .*: the server asks for Kerberos and this"
                + " user has no valid ticket");
  }

  private static Submission.Result run(String name, Path cache) throws Exception {
    Path file = jobs().experiment(name, KerberosJobs.yaml(hdfs().defaultFs(), 1, 1, 0));
    return jobs().run(jobs().local(cache), name, file.toString());
  }

  private static void assertRefused(Submission.Result result, String cache) {
    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output())
        .containsOnlyOnce("muster: ")
        .contains(
            "muster: Cannot use storage "
                + hdfs().defaultFs()
                + "/experiments as user "
                + System.getProperty("user.name")
                + ": the cluster asks for Kerberos, and there is neither a keytab nor a delegation"
                + " token, and no valid ticket in the ticket cache "
                + cache)
        .contains("run kinit, or give spark-submit --principal and --keytab")
        .containsPattern("(?m)^pre-flight: 1 problem, no warnings, in [0-9.]+ s$")
        .doesNotContain("GSS initiate failed", "Running Spark version");
  }

  private static SecuredClusters running() {
    return Objects.requireNonNull(running, "the clusters were not started");
  }

  private static TestCluster kdc() {
    return running().kdc();
  }

  private static TestCluster hdfs() {
    return running().cluster();
  }

  private static KerberosJobs jobs() {
    return running().jobs();
  }
}
