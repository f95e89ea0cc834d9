package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.SkipReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pre-flight on executors in JVMs of their own, and what it says of faults that are real. */
class ClusterPreflightIT {
  private static final String HOST_A = "10.77.0.2";
  private static final String HOST_B = "10.77.0.3";

  @TempDir Path folder;

  private SparkApp.Ended run(
      List<String> prefix, String master, Map<String, String> conf, String... arguments)
      throws Exception {
    SparkApp.Ended ended =
        new SparkApp(folder, prefix).submit(master, conf, PreflightMain.class, arguments);
    assertThat(ended.exitCode())
        .as(() -> String.join("\n", ended.out()) + String.join("\n", ended.err()))
        .isZero();
    SparkApp.keep("pre-flight on %s: %s".formatted(master, SparkApp.results(ended.out())));
    return ended;
  }

  /** What one pre-flight of an application found. */
  private static List<String> findings(SparkApp.Ended ended, int time) {
    String beginning = "FINDING " + time + " ";
    return ended.out().stream()
        .filter(line -> line.startsWith(beginning))
        .map(line -> line.substring(beginning.length()))
        .toList();
  }

  private static List<String> notFine(SparkApp.Ended ended, int time) {
    return findings(ended, time).stream().filter(line -> !line.startsWith("FINE ")).toList();
  }

  private String storage(String name) throws IOException {
    return "file:" + Files.createDirectories(folder.resolve(name));
  }

  private void assertEmpty(String storage) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(storage))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void executorsInOrderAreFoundSoAndMissingOnesAreMissedAndNothingIsLeft() throws Exception {
    String storage = storage("storage");
    SparkApp.Ended ended =
        run(
            List.of(),
            "local-cluster[2,2,1024]",
            Map.of(),
            storage + ",4,120",
            storage + ",4,60",
            storage + ",1,60",
            storage + ",7,4",
            storage + ",4,60");

    for (int time : new int[] {0, 1, 4}) {
      assertThat(findings(ended, time))
          .noneMatch(line -> line.startsWith("PROBLEM "))
          .anyMatch(
              line ->
                  line.matches(
                      "FINE executors host \\S+: 4 slots \\(ranks 0, 1, 2, 3\\) in executors 0, 1;"
                          + " Java \\d+.* GB free in /.*"))
          .contains("FINE storage every executor reads and writes " + storage)
          .contains("FINE links all 12 links between the slots work")
          .anyMatch(
              line ->
                  line.matches(
                      "FINE clocks the hosts' clocks differ from the driver's by \\d+ ms at most"));
    }
    assertThat(findings(ended, 2)).hasSize(3).noneMatch(line -> line.contains(" links "));
    assertThat(findings(ended, 3))
        .singleElement()
        .asString()
        .startsWith("PROBLEM slots Cannot begin: 3 of 7 slots missing for 4 s")
        .endsWith(
            "; lower resources.slots_per_trial, give the application more executors, or free some"
                + " of the cluster");
    assertThat(ended.out())
        .anyMatch(line -> line.startsWith("Waiting for slots: 3 of 7 slots missing for "));
    Map<String, String> results = SparkApp.results(ended.out());
    assertThat(results.get("0.left")).contains("probes []");
    for (String time : List.of("1", "2", "3", "4")) {
      assertThat(results.get(time + ".left"))
          .as("the same two processes, no thread and no port more than before")
          .isEqualTo(results.get("0.left"));
    }
    assertEmpty("storage");
  }

  @Test
  void slotsOfOneLocalJvmAreTriedToo() throws Exception {
    String storage = storage("storage");
    SparkApp.Ended ended = run(List.of(), "local[2]", Map.of(), storage + ",2,60");

    assertThat(findings(ended, 0))
        .noneMatch(line -> line.startsWith("PROBLEM "))
        .anyMatch(line -> line.contains(": 2 slots (ranks 0, 1) in executor driver; Java "))
        .contains("FINE links all 2 links between the slots work");
    assertThat(SparkApp.results(ended.out()).get("0.left")).contains("probes []");
    assertEmpty("storage");
  }

  @Test
  void aStorageThatExecutorsDoNotSeeAndAWrongClockAreNamed() throws Exception {
    Path hidden = Files.createDirectories(folder.resolve("hidden"));
    Optional<Path> library = WrongClock.library(folder, 90);
    Map<String, String> conf = new HashMap<>();
    conf.put("spark.hadoop.fs.hidden.impl", HiddenOnExecutors.class.getName());
    library.ifPresent(file -> conf.put("spark.executorEnv.LD_PRELOAD", file.toString()));
    SparkApp.Ended ended =
        run(List.of(), "local-cluster[2,1,1024]", conf, "hidden://" + hidden + ",2,120");

    assertThat(notFine(ended, 0))
        .filteredOn(line -> line.startsWith("PROBLEM "))
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .matches(
                        "PROBLEM storage executor [01] on host \\S+: Cannot read hidden:/+.*"
                            + "/\\.muster-probe-[0-9a-f-]+/driver as user .*: the driver wrote it,"
                            + " and here there is no such file; give driver and executors one"
                            + " storage: .*"));
    SkipReason.unless(library.isPresent(), "no C compiler (cc) for a wrong clock");
    assertThat(notFine(ended, 0))
        .anyMatch(
            line ->
                line.matches(
                    "WARNING clocks the clock of executor [01] on host \\S+ is (89|90|91) s ahead of the"
                        + " driver's \\(\\d+ ms round trip\\); have NTP \\(chrony\\) run on all hosts"));
    assertEmpty("hidden");
  }

  /** Two hosts: one has another disk where the storage is, and mounts it read-only elsewhere. */
  @Test
  @Tag("full")
  void disksThatAreNotSharedAndPortsThatAreBlockedAreNamed() throws Exception {
    Optional<NetworkNamespace> made = NetworkNamespace.make(HOST_A, HOST_B);
    SkipReason.unless(made.isPresent(), "no network namespace can be made here (ip netns, root)");
    String shared = storage("shared");
    String apart = storage("apart");
    String readOnly = storage("readonly");
    try (NetworkNamespace network = made.orElseThrow();
        StandaloneCluster cluster = new StandaloneCluster(folder, network.prefix())) {
      cluster.addWorker(HOST_A, 1, network.prefix());
      cluster.addWorker(
          HOST_B, 1, withOtherDisks(network, folder.resolve("apart"), folder.resolve("readonly")));
      SparkApp.Ended disks =
          run(
              network.prefix(),
              cluster.master(),
              Map.of(),
              shared + ",2,120",
              apart + ",2,60",
              readOnly + ",2,60");
      assertDisks(disks, shared, apart, readOnly);
      network.block(HOST_B);
      SparkApp.Ended links = run(network.prefix(), cluster.master(), Map.of(), shared + ",2,120");
      assertThat(notFine(links, 0))
          .filteredOn(line -> line.startsWith("PROBLEM "))
          .singleElement()
          .asString()
          .matches(
              "PROBLEM links rank [01] \\(10\\.77\\.0\\.2:\\d+\\) cannot connect to rank [01]"
                  + " \\(10\\.77\\.0\\.3:\\d+\\): .*; let the hosts of the executors connect to each"
                  + " other on their ephemeral ports .*");
    }
    assertEmpty("shared");
    assertEmpty("apart");
    assertEmpty("readonly");
  }

  private static List<String> withOtherDisks(NetworkNamespace network, Path apart, Path readOnly) {
    List<String> prefix = new ArrayList<>(network.prefix());
    prefix.addAll(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c"));
    prefix.add(
        "mount -t tmpfs none '%s' && mount --bind '%2$s' '%2$s' && mount -o remount,bind,ro '%2$s' && exec \"$@\""
            .formatted(apart, readOnly));
    prefix.add("sh");
    return prefix;
  }

  private static void assertDisks(
      SparkApp.Ended ended, String shared, String apart, String readOnly) {
    assertThat(notFine(ended, 0))
        .contains(
            "WARNING storage "
                + shared
                + " is a path of each host, and executors run on 2 (10.77.0.2, 10.77.0.3): all of"
                + " them read and write the driver's files there, so it is a shared mount; see that"
                + " every host that an executor may come to later has it, or use hdfs://…")
        .noneMatch(line -> line.startsWith("PROBLEM "));
    assertThat(notFine(ended, 1))
        .filteredOn(line -> line.startsWith("PROBLEM "))
        .singleElement()
        .asString()
        .matches(
            "PROBLEM storage executor \\d on host 10\\.77\\.0\\.3: Cannot read " + apart + "/.*")
        .endsWith(
            ": the driver wrote it, and here there is no such file; the path is on a disk of each"
                + " host's own: set checkpoint_storage.path to a path that all hosts share (an NFS"
                + " mount), or to hdfs://…");
    assertThat(notFine(ended, 2))
        .filteredOn(line -> line.startsWith("PROBLEM "))
        .singleElement()
        .asString()
        .matches(
            "PROBLEM storage executor \\d on host 10\\.77\\.0\\.3: Cannot write "
                + readOnly
                + "/.*/rank-[01]\\.writing as user .*: the file system is mounted read-only .*;"
                + " choose a path that can be written");
  }
}
