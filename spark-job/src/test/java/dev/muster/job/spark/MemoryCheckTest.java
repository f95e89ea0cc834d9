package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slots against the memory of an executor or a machine. */
class MemoryCheckTest {
  private static final long MIB = 1 << 20;

  /** Needs 60 MiB for its variables and 256 for small steps, 316 in all; at the least 15 + 106. */
  private static final TrialMemory SMALL = new TrialMemory(10 * MIB, 100 * MIB, 2 * MIB);

  @TempDir Path root;

  private static SparkConf contained(String... settings) {
    SparkConf conf = new SparkConf(false).set("spark.master", "k8s://h");
    for (int i = 0; i < settings.length; i += 2) {
      conf.set(settings[i], settings[i + 1]);
    }
    return conf;
  }

  private static Finding only(List<Finding> findings) {
    assertThat(findings).hasSize(1);
    return findings.get(0);
  }

  private static Finding ofOverhead(String overhead) {
    SparkConf conf = contained("spark.executor.memoryOverhead", overhead);
    return only(new MemoryCheck(conf, 2, SMALL).findings());
  }

  @Test
  void overheadIsFineLittleOrTooLittle() {
    assertThat(ofOverhead("1084m"))
        .isEqualTo(
            Finding.fine(
                "memory",
                "an executor of 1 slot needs 1084 MiB of native memory and has 1084 MiB"));
    assertThat(ofOverhead("700"))
        .isEqualTo(
            Finding.warning(
                "memory",
                "an executor of 1 slot has 700 MiB of memory overhead and may need 1084 MiB; set"
                    + " spark.executor.memoryOverhead=1084m, or leave it to Muster"));
    assertThat(ofOverhead("376m"))
        .isEqualTo(
            Finding.problem(
                "memory",
                "Cannot train 1 slot in an executor with 376 MiB of memory overhead: its variables"
                    + " and one step alone take 377 MiB, and it would be killed; set"
                    + " spark.executor.memoryOverhead=1084m, or leave it to Muster"));
  }

  @Test
  void stepsThatWereMeasuredMakeTheOverhead() {
    TrialMemory large = new TrialMemory(10 * MIB, 1000 * MIB, 8 * MIB);
    SparkConf conf = contained("spark.executor.cores", "2");
    ClusterPlan.apply(conf, 4, large);
    // 768 MiB, and for each of the two slots 60 for variables, 1000 for a step, 24 for batches
    assertThat(conf.get("spark.executor.memoryOverhead")).isEqualTo("2936m");
    assertThat(only(new MemoryCheck(conf, 4, large).findings()).level())
        .isEqualTo(Finding.Level.FINE);
  }

  @Test
  void overheadIsAShareOfTheHeapWhereAFactorIsSet() {
    SparkConf conf =
        contained("spark.executor.memoryOverheadFactor", "0.5", "spark.executor.memory", "4g");
    assertThat(only(new MemoryCheck(conf, 1, SMALL).findings()).text()).endsWith("has 2048 MiB");
  }

  @Test
  void littleHeapIsAWarning() {
    SparkConf conf =
        contained("spark.executor.memory", "256m", "spark.executor.memoryOverhead", "2g");
    assertThat(new MemoryCheck(conf, 2, SMALL).findings())
        .contains(
            Finding.warning(
                "memory",
                "spark.executor.memory=256m is little for an executor of 1 slot; set it to 364m or"
                    + " more"));
  }

  @Test
  void ofYarnOnlyTheHeapIsLookedAt() {
    SparkConf conf =
        new SparkConf(false).set("spark.master", "yarn").set("spark.executor.memory", "1g");
    assertThat(new MemoryCheck(conf, 2, SMALL).findings()).isEmpty();

    conf.set("spark.executor.memory", "300m");
    assertThat(only(new MemoryCheck(conf, 2, SMALL).findings()))
        .isEqualTo(
            Finding.warning(
                "memory",
                "spark.executor.memory=300m is little for an executor of 1 slot; set it to 364m or"
                    + " more"));
  }

  @Test
  void sizeThatIsNoneIsAProblem() {
    assertThat(ofOverhead("much").level()).isEqualTo(Finding.Level.PROBLEM);
    assertThat(ofOverhead("much").text())
        .startsWith("Cannot tell the memory of an executor: expected sizes such as 2g in ");
  }

  @Test
  void standaloneSaysWhatTheHostNeeds() {
    SparkConf conf = new SparkConf(false).set("spark.master", "spark://h:1");
    assertThat(only(new MemoryCheck(conf, 2, SMALL).findings()))
        .isEqualTo(
            Finding.fine(
                "memory",
                "the host of an executor of 1 slot needs 1084 MiB of native memory beside its"
                    + " heap"));
  }

  private Finding onMachine(String meminfo, String cgroup) throws IOException {
    Files.createDirectories(root.resolve("proc"));
    Files.createDirectories(root.resolve("sys/fs/cgroup"));
    Files.writeString(
        root.resolve("proc/meminfo"), "MemTotal:  " + meminfo + " kB\nMemFree: 1 kB\n");
    Files.writeString(root.resolve("sys/fs/cgroup/memory.max"), cgroup + "\n");
    SparkConf conf = new SparkConf(false).set("spark.master", "local[2]");
    return only(new MemoryCheck(conf, 2, SMALL, root).findings());
  }

  @Test
  void slotsOfOneMachineShareItsMemoryOrItsCgroups() throws Exception {
    long heap = Runtime.getRuntime().maxMemory() / MIB;
    long wanted = heap + 768 + 2 * 316;
    assertThat(onMachine(Long.toString(wanted << 10), "max"))
        .isEqualTo(
            Finding.fine(
                "memory",
                "2 slots need %d MiB, %d MiB of heap with them, of %d MiB"
                    .formatted(wanted, heap, wanted)));
    assertThat(onMachine(Long.toString((wanted - 1) << 10), "max"))
        .isEqualTo(
            Finding.warning(
                "memory",
                ("2 slots here may need %d MiB, %d MiB of heap with them; this machine (or its"
                        + " cgroup) has %d MiB; lower hyperparameters.global_batch_size or"
                        + " --driver-memory, or use more memory")
                    .formatted(wanted, heap, wanted - 1)));
    assertThat(onMachine(Long.toString(wanted << 10), Long.toString(400 * MIB)))
        .isEqualTo(
            Finding.problem(
                "memory",
                "Cannot train 2 slots here: their variables and one step alone take 498 MiB, and"
                    + " this machine (or its cgroup) has 400 MiB; lower"
                    + " hyperparameters.global_batch_size or --driver-memory, or use more memory"));
  }
}
