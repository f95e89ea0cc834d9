package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** What a run sets by itself is printed; what the user set stays. */
class ClusterSettingsTest {
  private static final long VARIABLE_BYTES = 10 << 20;

  private final List<String> lines = new ArrayList<>();

  private SparkConf apply(SparkConf conf, int slots) throws JobException {
    ClusterSettings.apply(conf, slots, TrialMemory.ofVariables(VARIABLE_BYTES), lines::add);
    return conf;
  }

  private static SparkConf master(String master) {
    return new SparkConf(false).set("spark.master", master);
  }

  @Test
  void executorsCoresAndMemoryAreSetFromThePlanAndPrinted() throws Exception {
    SparkConf conf = apply(master("yarn"), 3);

    assertThat(conf.get("spark.executor.instances")).isEqualTo("3");
    assertThat(conf.get("spark.executor.cores")).isEqualTo("1");
    // 768 MiB, and for the one slot 256 MiB and six times the 10 MiB of variables
    assertThat(conf.get("spark.executor.memoryOverhead")).isEqualTo("1084m");
    assertThat(lines)
        .contains(
            "set spark.executor.instances=3 (3 slots)",
            "set spark.executor.cores=1 (one slot an executor)",
            "set spark.executor.memoryOverhead=1084m (native memory of TensorFlow: variables,"
                + " a step, gradients and buffers)",
            "set spark.plugins=dev.muster.job.spark.MusterPlugin (the wire between driver and"
                + " executors)");
  }

  @Test
  void everySettingThatWasMadeIsPrintedOnce() throws Exception {
    SparkConf before = master("yarn");
    SparkConf after = apply(before.clone(), 2);

    List<String> made = new ArrayList<>();
    for (var entry : after.getAll()) {
      if (!before.contains(entry._1())) {
        made.add("set " + entry._1() + "=" + entry._2() + " (");
      }
    }
    assertThat(lines).hasSameSizeAs(made);
    assertThat(made)
        .allSatisfy(start -> assertThat(lines).filteredOn(l -> l.startsWith(start)).hasSize(1));
  }

  @Test
  void whatTheUserSetWinsAndIsNotPrinted() throws Exception {
    SparkConf conf =
        apply(
            master("yarn")
                .set("spark.executor.instances", "2")
                .set("spark.executor.cores", "4")
                .set("spark.executor.memoryOverhead", "5g")
                .set("spark.locality.wait", "3s")
                .set("spark.plugins", "a.B"),
            8);

    assertThat(conf.get("spark.executor.instances")).isEqualTo("2");
    assertThat(conf.get("spark.executor.cores")).isEqualTo("4");
    assertThat(conf.get("spark.executor.memoryOverhead")).isEqualTo("5g");
    assertThat(conf.get("spark.locality.wait")).isEqualTo("3s");
    assertThat(conf.get("spark.plugins")).isEqualTo("a.B,dev.muster.job.spark.MusterPlugin");
    assertThat(lines)
        .noneMatch(line -> line.contains("spark.executor.instances"))
        .noneMatch(line -> line.contains("spark.executor.cores"))
        .noneMatch(line -> line.contains("spark.executor.memoryOverhead"))
        .noneMatch(line -> line.contains("spark.locality.wait"));
  }

  @Test
  void executorsOfSeveralSlotsAreFewer() throws Exception {
    SparkConf conf =
        apply(master("k8s://h").set("spark.executor.cores", "4").set("spark.task.cpus", "2"), 5);
    assertThat(conf.get("spark.executor.instances")).isEqualTo("3");
  }

  @Test
  void standaloneGetsCoresAndDynamicAllocationKeepsItsOwnNumbers() throws Exception {
    assertThat(apply(master("spark://h:1"), 4).get("spark.cores.max")).isEqualTo("4");
    SparkConf dynamic = apply(master("yarn").set("spark.dynamicAllocation.enabled", "true"), 4);
    assertThat(dynamic.contains("spark.executor.instances")).isFalse();
  }

  @Test
  void oneJvmNeedsNoExecutors() throws Exception {
    SparkConf conf = apply(master("local[2]"), 2);
    assertThat(conf.contains("spark.executor.instances")).isFalse();
    assertThat(conf.contains("spark.executor.cores")).isFalse();
  }

  @Test
  void encryptionWithoutAuthenticationIsRefused() throws Exception {
    SparkConf encrypted = master("local[2]").set("spark.network.crypto.enabled", "true");
    assertThatThrownBy(() -> apply(encrypted, 2))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exit()).isEqualTo(JobExit.SETUP))
        .hasMessage(
            "Cannot encrypt the network: spark.network.crypto.enabled=true needs"
                + " spark.authenticate=true, found it off; set it to true");
    encrypted.set("spark.authenticate", "true");
    assertThat(apply(encrypted, 2).getBoolean("spark.network.crypto.enabled", false)).isTrue();
  }
}
