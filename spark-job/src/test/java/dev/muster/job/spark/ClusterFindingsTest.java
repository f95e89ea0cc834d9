package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.Finding.Level;
import dev.muster.job.spark.ProbeReport.BrokenLink;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each sentence, with its numbers and its cure. */
class ClusterFindingsTest {
  private static final long GB = 1L << 30;
  private static final String JAVA = "17.0.13+11";

  private static ProbeReport fine(String executor, String host, int port) {
    return new ProbeReport(
        executor,
        host,
        host + ":" + port,
        "",
        List.of(),
        new ClockOffset(3, 1),
        JAVA,
        List.of(),
        "/local",
        50 * GB);
  }

  private static ProbeReport with(ProbeReport report, BrokenLink... links) {
    return new ProbeReport(
        report.executorId(),
        report.host(),
        report.address(),
        report.storageProblem(),
        List.of(links),
        report.clock(),
        report.java(),
        report.hostProblems(),
        report.localDirectory(),
        report.freeBytes());
  }

  private static ProbeReport withStorage(ProbeReport report, String problem) {
    return new ProbeReport(
        report.executorId(),
        report.host(),
        report.address(),
        problem,
        report.links(),
        report.clock(),
        report.java(),
        report.hostProblems(),
        report.localDirectory(),
        report.freeBytes());
  }

  private static ProbeReport withClock(ProbeReport report, long millis) {
    return new ProbeReport(
        report.executorId(),
        report.host(),
        report.address(),
        report.storageProblem(),
        report.links(),
        new ClockOffset(millis, 2),
        report.java(),
        report.hostProblems(),
        report.localDirectory(),
        report.freeBytes());
  }

  private static ProbeReport withHost(
      ProbeReport report, String java, List<String> problems, long freeBytes) {
    return new ProbeReport(
        report.executorId(),
        report.host(),
        report.address(),
        report.storageProblem(),
        report.links(),
        report.clock(),
        java,
        problems,
        report.localDirectory(),
        freeBytes);
  }

  private static List<Finding> findings(String storage, boolean secured, ProbeReport... reports) {
    return new ClusterFindings(
            storage, secured, Runtime.Version.parse("17.0.2+8"), List.of(reports))
        .all();
  }

  private static List<Finding> findings(ProbeReport... reports) {
    return findings("hdfs://nn/experiments", false, reports);
  }

  private static List<Finding> notFine(List<Finding> findings) {
    return findings.stream().filter(finding -> finding.level() != Level.FINE).toList();
  }

  @Test
  void whatIsInOrderIsALineToo() {
    assertThat(findings(fine("1", "a", 1), fine("1", "a", 2), fine("2", "b", 3)))
        .containsExactly(
            Finding.fine(
                "executors",
                "host a: 2 slots (ranks 0, 1) in executor 1; Java 17.0.13+11; 50.0 GB free in /local"),
            Finding.fine(
                "executors",
                "host b: 1 slot (ranks 2) in executor 2; Java 17.0.13+11; 50.0 GB free in /local"),
            Finding.fine("storage", "every executor reads and writes hdfs://nn/experiments"),
            Finding.fine("links", "all 6 links between the slots work"),
            Finding.fine("clocks", "the hosts' clocks differ from the driver's by 3 ms at most"));
  }

  @Test
  void oneSlotHasNoLinks() {
    assertThat(findings(fine("1", "a", 1))).noneMatch(finding -> finding.check().equals("links"));
  }

  @Test
  void beyondSixteenSlotsTheRingIsTried() {
    assertThat(ProbeProgram.peers(3, 16)).hasSize(15).doesNotContain(3);
    assertThat(ProbeProgram.peers(16, 17)).containsExactly(0);
    ProbeReport[] reports =
        IntStream.range(0, 17).mapToObj(i -> fine("" + i, "a", i)).toArray(ProbeReport[]::new);
    assertThat(findings(reports))
        .contains(Finding.fine("links", "all 17 links between the slots work"));
  }

  @Test
  void aStorageThatAnExecutorDoesNotSeeIsSaidOncePerExecutor() {
    ProbeReport blind = withStorage(fine("2", "b", 3), "Cannot read x: …; do y");
    assertThat(notFine(findings(fine("1", "a", 1), blind, blind)))
        .containsExactly(
            Finding.problem("storage", "executor 2 on host b: Cannot read x: …; do y"));
  }

  @Test
  void aLocalPathOnSeveralHostsIsSharedOnlyIfAllSeeIt() {
    assertThat(notFine(findings("file:/x", false, fine("1", "a", 1), fine("2", "b", 2))))
        .containsExactly(
            Finding.warning(
                "storage",
                "file:/x is a path of each host, and executors run on 2 (a, b): all of them read and write the driver's files there, so it is a shared mount; see that every host that an executor may come to later has it, or use hdfs://…"));
    assertThat(notFine(findings("file:/x", false, fine("1", "a", 1), fine("2", "a", 2)))).isEmpty();
  }

  @Test
  void aBrokenLinkNamesBothEndsAndWhoElseSeesIt() {
    BrokenLink refused = new BrokenLink(1, "Connection refused");
    assertThat(
            notFine(
                findings(
                    with(fine("1", "a", 1), refused),
                    fine("2", "b", 2),
                    with(fine("3", "c", 3), refused, new BrokenLink(0, "no answer")))))
        .containsExactly(
            Finding.problem(
                "links",
                "rank 2 (c:3) cannot connect to rank 0 (a:1): no answer; let the hosts of the executors connect to each other on their ephemeral ports (sysctl net.ipv4.ip_local_port_range; on Kubernetes a NetworkPolicy), at the addresses shown"),
            Finding.problem(
                "links",
                "rank 0 (a:1), rank 2 (c:3) cannot connect to rank 1 (b:2): Connection refused; let the hosts of the executors connect to each other on their ephemeral ports (sysctl net.ipv4.ip_local_port_range; on Kubernetes a NetworkPolicy), at the addresses shown"));
  }

  @Test
  void ofManyThatSeeABrokenLinkFourAreNamed() {
    List<ProbeReport> reports = new ArrayList<>();
    for (int rank = 0; rank < 8; rank++) {
      ProbeReport report = fine("" + rank, "h", rank);
      reports.add(rank == 7 ? report : with(report, new BrokenLink(7, "x")));
    }
    assertThat(notFine(findings(reports.toArray(ProbeReport[]::new))))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.text())
                    .startsWith(
                        "rank 0 (h:0), rank 1 (h:1), rank 2 (h:2), rank 3 (h:3) and 3 others cannot connect to rank 7 (h:7): x; "));
  }

  @Test
  void aClockThatIsWrongIsSaidOncePerHost() {
    ProbeReport behind = withClock(fine("2", "b", 2), 45_400);
    ProbeReport ahead = withClock(fine("3", "c", 3), -30_600);
    assertThat(notFine(findings(fine("1", "a", 1), behind, behind, ahead)))
        .containsExactly(
            Finding.warning(
                "clocks",
                "the clock of executor 2 on host b is 45 s behind the driver's (2 ms round trip); have NTP (chrony) run on all hosts"),
            Finding.warning(
                "clocks",
                "the clock of executor 3 on host c is 31 s ahead of the driver's (2 ms round trip); have NTP (chrony) run on all hosts"));
    assertThat(notFine(findings(withClock(fine("1", "a", 1), 30_000)))).isEmpty();
  }

  @Test
  void beyondFiveMinutesKerberosRefuses() {
    ProbeReport late = withClock(fine("1", "a", 1), 300_001);
    assertThat(notFine(findings("hdfs://nn/x", false, late)))
        .extracting(Finding::level)
        .containsExactly(Level.WARNING);
    assertThat(notFine(findings("hdfs://nn/x", true, late)))
        .containsExactly(
            Finding.problem(
                "clocks",
                "the clock of executor 1 on host a is 300 s behind the driver's (2 ms round trip); have NTP (chrony) run on all hosts: Kerberos allows 5 minutes"));
    assertThat(notFine(findings("hdfs://nn/x", true, withClock(late, 300_000))))
        .extracting(Finding::level)
        .containsExactly(Level.WARNING);
  }

  @Test
  void aHostThatCannotLoadTensorFlowIsAProblem() {
    ProbeReport old = withHost(fine("1", "a", 1), JAVA, List.of("glibc is old; cure"), GB);
    assertThat(notFine(findings(old)))
        .containsExactly(Finding.problem("hosts", "executor 1 on host a: glibc is old; cure"));
  }

  @Test
  void littleSpaceForShardsIsAWarning() {
    assertThat(notFine(findings(withHost(fine("1", "a", 1), JAVA, List.of(), GB))))
        .containsExactly(
            Finding.warning(
                "hosts",
                "executor 1 on host a: 1.0 GB free in /local, where the shards of the data go; set spark.local.dir (on YARN: yarn.nodemanager.local-dirs) to a disk with room"));
  }

  @Test
  void anotherMajorVersionOfJavaIsAWarning() {
    assertThat(notFine(findings(withHost(fine("1", "a", 1), "21.0.5+11", List.of(), 50 * GB))))
        .containsExactly(
            Finding.warning(
                "hosts",
                "executor 1 on host a runs Java 21.0.5+11, the driver Java 17.0.2+8; give both the same major version (JAVA_HOME; on YARN spark.executorEnv.JAVA_HOME)"));
  }
}
