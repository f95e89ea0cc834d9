package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the slots' reports mean, as lines for people.
 *
 * @param storagePath with its scheme
 * @param secured whether Hadoop asks for Kerberos
 * @param java the driver's
 * @param reports in rank order
 */
record ClusterFindings(
    String storagePath, boolean secured, Runtime.Version java, List<ProbeReport> reports) {
  static final long CLOCK_WARNING_MILLIS = 30_000;

  /** Kerberos refuses tickets of clocks that differ by more. */
  static final long KERBEROS_MILLIS = 300_000;

  /** Beside TensorFlow's libraries there must be room for the shards of the data. */
  static final long LOW_DISK_BYTES = 2L << 30;

  private static final int MAX_NAMED = 4;

  List<Finding> all() {
    List<Finding> all = new ArrayList<>();
    executors(all);
    storage(all);
    links(all);
    clocks(all);
    hosts(all);
    return all;
  }

  // ---------------------------------------------------------------- executors

  private void executors(List<Finding> all) {
    Map<String, List<Integer>> ranks = new TreeMap<>();
    for (int rank = 0; rank < reports.size(); rank++) {
      ranks.computeIfAbsent(reports.get(rank).host(), host -> new ArrayList<>()).add(rank);
    }
    ranks.forEach(
        (host, here) -> {
          Set<String> executors =
              here.stream()
                  .map(rank -> reports.get(rank).executorId())
                  .collect(Collectors.toCollection(TreeSet::new));
          ProbeReport any = reports.get(here.get(0));
          all.add(
              Finding.fine(
                  "executors",
                  "host %s: %s (ranks %s) in executor%s %s; Java %s; %s free in %s"
                      .formatted(
                          host,
                          here.size() == 1 ? "1 slot" : here.size() + " slots",
                          some(here),
                          executors.size() == 1 ? "" : "s",
                          some(executors),
                          any.java(),
                          size(any.freeBytes()),
                          any.localDirectory())));
        });
  }

  // ------------------------------------------------------------------ storage

  private void storage(List<Finding> all) {
    Map<String, String> problems = new LinkedHashMap<>(); // of each executor one
    for (ProbeReport report : reports) {
      if (!report.storageProblem().isEmpty()) {
        problems.putIfAbsent(where(report), report.storageProblem());
      }
    }
    problems.forEach(
        (where, problem) -> all.add(Finding.problem("storage", where + ": " + problem)));
    Set<String> hosts =
        reports.stream().map(ProbeReport::host).collect(Collectors.toCollection(TreeSet::new));
    if (!problems.isEmpty()) {
      return;
    }
    if (storagePath.startsWith("file:") && hosts.size() > 1) {
      all.add(
          Finding.warning(
              "storage",
              "%s is a path of each host, and executors run on %d (%s): all of them read and write the driver's files there, so it is a shared mount; see that every host that an executor may come to later has it, or use hdfs://…"
                  .formatted(storagePath, hosts.size(), some(hosts))));
    } else {
      all.add(Finding.fine("storage", "every executor reads and writes " + storagePath));
    }
  }

  // -------------------------------------------------------------------- links

  private void links(List<Finding> all) {
    if (reports.size() < 2) {
      return;
    }
    Map<ProbeReport.BrokenLink, List<Integer>> broken = new LinkedHashMap<>(); // who sees it
    for (int rank = 0; rank < reports.size(); rank++) {
      for (ProbeReport.BrokenLink link : reports.get(rank).links()) {
        broken.computeIfAbsent(link, same -> new ArrayList<>()).add(rank);
      }
    }
    broken.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> entry.getKey().peer()))
        .forEach(
            entry ->
                all.add(
                    Finding.problem(
                        "links",
                        "%s cannot connect to %s: %s; %s"
                            .formatted(
                                someRanks(entry.getValue()),
                                slot(entry.getKey().peer()),
                                entry.getKey().fact(),
                                "let the hosts of the executors connect to each other on their"
                                    + " ephemeral ports (sysctl net.ipv4.ip_local_port_range; on"
                                    + " Kubernetes a NetworkPolicy), at the addresses shown"))));
    if (broken.isEmpty()) {
      int links =
          reports.size() > ProbeProgram.ALL_PAIRS_SLOTS
              ? reports.size()
              : reports.size() * (reports.size() - 1);
      all.add(Finding.fine("links", "all %d links between the slots work".formatted(links)));
    }
  }

  private String slot(int rank) {
    return "rank %d (%s)".formatted(rank, reports.get(rank).address());
  }

  private String someRanks(List<Integer> ranks) {
    String named =
        ranks.stream().limit(MAX_NAMED).map(this::slot).collect(Collectors.joining(", "));
    return ranks.size() > MAX_NAMED
        ? named + " and " + (ranks.size() - MAX_NAMED) + " others"
        : named;
  }

  // ------------------------------------------------------------------- clocks

  private void clocks(List<Finding> all) {
    int before = all.size();
    Set<String> told = new LinkedHashSet<>();
    for (ProbeReport report : reports) {
      long offset = report.clock().millis();
      if (Math.abs(offset) <= CLOCK_WARNING_MILLIS || !told.add(report.host())) {
        continue;
      }
      String text =
          "the clock of %s is %d s %s the driver's (%d ms round trip); have NTP (chrony) run on all hosts"
              .formatted(
                  where(report),
                  Math.round(Math.abs(offset) / 1000.0),
                  offset > 0 ? "behind" : "ahead of",
                  report.clock().roundTripMillis());
      all.add(
          secured && Math.abs(offset) > KERBEROS_MILLIS
              ? Finding.problem("clocks", text + ": Kerberos allows 5 minutes")
              : Finding.warning("clocks", text));
    }
    if (all.size() == before) {
      long most =
          reports.stream().mapToLong(report -> Math.abs(report.clock().millis())).max().orElse(0);
      all.add(
          Finding.fine(
              "clocks",
              "the hosts' clocks differ from the driver's by %d ms at most".formatted(most)));
    }
  }

  // -------------------------------------------------------------------- hosts

  private void hosts(List<Finding> all) {
    Set<String> told = new LinkedHashSet<>();
    for (ProbeReport report : reports) {
      if (!told.add(where(report))) {
        continue;
      }
      report
          .hostProblems()
          .forEach(problem -> all.add(Finding.problem("hosts", where(report) + ": " + problem)));
      if (report.hostProblems().isEmpty()
          && report.freeBytes() >= 0
          && report.freeBytes() < LOW_DISK_BYTES) {
        all.add(
            Finding.warning(
                "hosts",
                "%s: %s free in %s, where the shards of the data go; set spark.local.dir (on YARN: yarn.nodemanager.local-dirs) to a disk with room"
                    .formatted(where(report), size(report.freeBytes()), report.localDirectory())));
      }
      Runtime.Version theirs = Runtime.Version.parse(report.java());
      if (theirs.feature() != java.feature()) {
        all.add(
            Finding.warning(
                "hosts",
                "%s runs Java %s, the driver Java %s; give both the same major version (JAVA_HOME; on YARN spark.executorEnv.JAVA_HOME)"
                    .formatted(where(report), theirs, java)));
      }
    }
  }

  // ------------------------------------------------------------------- inside

  private static String where(ProbeReport report) {
    return "executor %s on host %s".formatted(report.executorId(), report.host());
  }

  private static String some(Iterable<?> values) {
    List<String> texts = new ArrayList<>();
    values.forEach(value -> texts.add(String.valueOf(value)));
    return texts.size() <= MAX_NAMED
        ? String.join(", ", texts)
        : String.join(", ", texts.subList(0, MAX_NAMED))
            + " and "
            + (texts.size() - MAX_NAMED)
            + " more";
  }

  private static String size(long bytes) {
    return bytes < 0
        ? "an unknown size"
        : String.format(Locale.ROOT, "%.1f GB", bytes / (double) (1 << 30));
  }
}
