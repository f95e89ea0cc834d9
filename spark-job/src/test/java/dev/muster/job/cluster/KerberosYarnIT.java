package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** HDFS and YARN that ask for Kerberos, with tickets of 120 s and delegation tokens of 80 s. */
@Tag("full")
class KerberosYarnIT {
  private static final Path WORK = Path.of("target/it/kerberos-yarn").toAbsolutePath();
  private static final Pattern TOKEN_END =
      Pattern.compile("Created token for alice.*maxDate=(\\d+)");
  private static final int KEY_BYTES = 16;

  private static @Nullable SecuredClusters running;

  @BeforeAll
  static void startClusters() throws Exception {
    running = new SecuredClusters("yarn", WORK);
  }

  @AfterAll
  static void stopClusters() {
    if (running != null) {
      running.close();
    }
  }

  @Test
  void clusterModeTakesCheckpointsAfterTheFirstTokensHaveEnded() throws Exception {
    String storage = yarn().defaultFs();
    // 600 steps of at least 0.25 s: 150 s, with a checkpoint every 25 s or more
    Path file = jobs().experiment("cluster", KerberosJobs.yaml(storage, 60, 10, 250));
    final long start = System.nanoTime();
    Submission.Result result =
        jobs().run(jobs().yarn("cluster").file(file), "cluster", file.getFileName().toString());
    final Duration took = Duration.ofNanos(System.nanoTime() - start);

    String id = result.applicationId().orElseThrow();
    String logs = yarn().applications().allLogs(id);
    assertThat(result.exitCode()).as(logs).isZero();
    Path driverLog = WORK.resolve("cluster/driver.log");
    Files.writeString(driverLog, logs);
    List<String> read =
        SecuredReadBack.run(
            kdc(),
            yarn(),
            storage + "/experiments/cluster",
            driverLog,
            took,
            "yarn",
            "cluster",
            "3.5.5",
            "Kerberos, past the end of its tokens");

    JsonNode stored = new ObjectMapper().readTree(read.get(0));
    assertThat(stored.path("state").asText()).isEqualTo("COMPLETED");
    assertThat(read).as("result and checkpoints").hasSize(1 + 6);
    List<Long> ends =
        TOKEN_END.matcher(logs).results().map(KerberosYarnIT::number).sorted().toList();
    assertThat(ends.get(ends.size() - 1) - ends.get(0))
        .as("milliseconds from the end of the first tokens to that of the last")
        .isGreaterThan(80_000);
    assertThat(logs).contains("alice@MUSTER.TEST by keytab; tokens are renewed");
    assertNoSecret(result.output() + logs + read.get(0));
  }

  @Test
  void clientModeWritesToAnotherNameServiceThanTheDefaultOne() throws Exception {
    try (TestCluster other = TestCluster.secured("hdfs", WORK.resolve("other"), kdc())) {
      Path file = jobs().experiment("client", KerberosJobs.yaml(other.defaultFs(), 2, 1, 0));
      final long start = System.nanoTime();
      Submission.Result result = jobs().run(jobs().yarn("client"), "client", file.toString());
      final Duration took = Duration.ofNanos(System.nanoTime() - start);

      assertThat(result.exitCode()).as(result.output()).isZero();
      assertThat(result.output())
          .contains(
              "set spark.kerberos.access.hadoopFileSystems=%1$s (delegation tokens for %1$s)"
                  .formatted(other.defaultFs()));
      assertThat(
              SecuredReadBack.run(
                  kdc(),
                  other,
                  other.defaultFs() + "/experiments/client",
                  WORK.resolve("client/submit.log"),
                  took,
                  "yarn",
                  "client",
                  "3.5.5",
                  "Kerberos, storage on another name service"))
          .hasSize(1 + 2);
      assertNoSecret(
          result.output() + yarn().applications().allLogs(result.applicationId().orElseThrow()));
    }
  }

  @Test
  void withTicketAloneIsToldWhenTheTokensEnd() throws Exception {
    Path cache = kdc().ticket(WORK.resolve("cache"), Duration.ofMinutes(2));
    Path file = jobs().experiment("ticket", KerberosJobs.yaml(yarn().defaultFs(), 1, 1, 0));

    Submission.Result result =
        jobs()
            .check(
                jobs().yarnWithoutKeytab("client").environment("KRB5CCNAME", cache.toString()),
                "ticket",
                file.toString());

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output())
        .containsPattern(
            "(?m)^warning: credentials: alice@MUSTER.TEST has a ticket but no keytab: a delegation"
                + " token of \\Q"
                + yarn().defaultFs()
                + "\\E ends after [0-9]{2} s unless it is renewed, and ends for good in [0-9]{2} s;"
                + " a run that takes longer fails, so give spark-submit --principal and --keytab$");
  }

  @Test
  void clusterModeWithoutTicketFailsInSparkSubmitItself() throws Exception {
    Path file = jobs().experiment("none", KerberosJobs.yaml(yarn().defaultFs(), 1, 1, 0));

    Submission.Result result =
        jobs()
            .run(
                jobs()
                    .yarnWithoutKeytab("cluster")
                    .environment("KRB5CCNAME", WORK.resolve("no-such-cache").toString())
                    .file(file),
                "none",
                file.getFileName().toString());

    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output()).contains("Client cannot authenticate via:[TOKEN, KERBEROS]");
    assertThat(result.applicationId()).isEmpty();
  }

  /** The key at the keytab's end, however written. */
  private static void assertNoSecret(String text) throws Exception {
    byte[] keytab = Files.readAllBytes(kdc().keytab());
    byte[] key = Arrays.copyOfRange(keytab, keytab.length - KEY_BYTES, keytab.length);
    // by a boolean: a failure shall not print what it has found
    boolean found =
        text.contains(Base64.getEncoder().withoutPadding().encodeToString(keytab))
            || text.toLowerCase(Locale.ROOT).contains(HexFormat.of().formatHex(key))
            || text.contains(new String(key, StandardCharsets.ISO_8859_1));
    assertThat(found).as("the keytab's key is in a log or the result").isFalse();
  }

  private static long number(MatchResult match) {
    return Long.parseLong(match.group(1));
  }

  private static SecuredClusters running() {
    return Objects.requireNonNull(running, "the clusters were not started");
  }

  private static TestCluster kdc() {
    return running().kdc();
  }

  private static TestCluster yarn() {
    return running().cluster();
  }

  private static KerberosJobs jobs() {
    return running().jobs();
  }
}
