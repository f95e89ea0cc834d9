package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.yarn.ResourceManager;
import dev.muster.job.yarn.YarnLimits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** Every sentence of the look at YARN, and that nothing is said where all is well. */
final class YarnPreflightTest {
  private static final long MIB = 1 << 20;
  private static final YarnLimits LIMITS =
      new YarnLimits(
          "the ResourceManager", 8192, 8, List.of(8192L), List.of("default", "training"));

  private static SparkConf conf(String... pairs) {
    SparkConf conf = new SparkConf(false).set("spark.master", "yarn");
    for (int i = 0; i < pairs.length; i += 2) {
      conf.set(pairs[i], pairs[i + 1]);
    }
    return conf;
  }

  private static List<String> found(SparkConf conf, long variableMib) {
    return YarnPreflight.check(conf, 2, TrialMemory.ofVariables(variableMib * MIB), LIMITS).stream()
        .map(finding -> finding.level() + " " + finding.text())
        .toList();
  }

  @Test
  void whatMusterSetsIsFine() {
    SparkConf conf = conf("spark.executor.memory", "2g");
    ClusterPlan.apply(conf, 2, TrialMemory.ofVariables(100 * MIB));

    assertThat(found(conf, 100))
        .containsExactly(
            "FINE executors of 3,672 MiB (spark.executor.memory 2,048 MiB +"
                + " spark.executor.memoryOverhead 1,624 MiB), at most 8,192 MiB a container, says"
                + " the ResourceManager");
  }

  @Test
  void aContainerAboveTheMaximumIsAProblemWithTheHeapThatFits() {
    SparkConf conf = conf("spark.executor.memory", "7g", "spark.executor.memoryOverhead", "2048");

    assertThat(found(conf, 10))
        .containsExactly(
            "PROBLEM Cannot get executors of 9,216 MiB (spark.executor.memory 7,168 MiB +"
                + " spark.executor.memoryOverhead 2,048 MiB): a container has at most 8,192 MiB"
                + " (yarn.scheduler.maximum-allocation-mb, says the ResourceManager); lower"
                + " spark.executor.memory to 6144m, or have the maximum raised");
  }

  @Test
  void memoryOffTheHeapCounts() {
    SparkConf conf =
        conf(
            "spark.executor.memory", "4g",
            "spark.executor.memoryOverhead", "2g",
            "spark.memory.offHeap.enabled", "true",
            "spark.memory.offHeap.size", "3g");

    assertThat(found(conf, 10))
        .singleElement()
        .asString()
        .startsWith("PROBLEM Cannot get executors of 9,216 MiB (")
        .contains(" + spark.memory.offHeap.size 3,072 MiB)");
  }

  @Test
  void whereNoHeapFitsFewerSlotsOrASmallerModelAreTheCure() {
    SparkConf many = conf("spark.executor.cores", "4");
    ClusterPlan.apply(many, 4, TrialMemory.ofVariables(1000 * MIB));
    SparkConf one = conf();
    ClusterPlan.apply(one, 2, TrialMemory.ofVariables(4000 * MIB));

    assertThat(found(many, 1000).get(0)).contains("; take fewer slots an executor (spark.exec");
    assertThat(found(one, 4000).get(0)).contains("; take a smaller model, or have the maximum");
  }

  @Test
  void moreCoresThanAContainerHasAreAProblem() {
    SparkConf conf = conf("spark.executor.cores", "9", "spark.executor.memoryOverhead", "4g");

    assertThat(found(conf, 1))
        .containsExactly(
            "PROBLEM Cannot get executors of 9 cores: a container has at most 8"
                + " (yarn.scheduler.maximum-allocation-vcores, says the ResourceManager); lower"
                + " spark.executor.cores");
  }

  @Test
  void executorsThatNoNodeHasRoomForAreAWarning() {
    SparkConf conf = conf("spark.executor.memory", "4g", "spark.executor.instances", "2");
    conf.set("spark.executor.memoryOverhead", "2g");

    assertThat(found(conf, 1))
        .contains(
            "WARNING 2 executors of 6,144 MiB do not fit: the 1 node with 8,192 MiB in all hold 1"
                + " even when idle; take fewer slots (resources.slots_per_trial) or less memory");
  }

  @Test
  void anOverheadBelowWhatIsNeededIsAWarningWithTheNumber() {
    SparkConf conf = conf("spark.executor.memoryOverhead", "512m");

    assertThat(found(conf, 100))
        .contains(
            "WARNING spark.executor.memoryOverhead is 512 MiB, and 1 slot an executor with 100 MiB"
                + " of variables need about 1,624 MiB of native memory; YARN kills a container that"
                + " takes more than it asked for; submit with --conf"
                + " spark.executor.memoryOverhead=1624m, or leave it out: Muster sets it");
  }

  @Test
  void theUsersFactorCountsAsAnOverhead() {
    SparkConf conf =
        conf("spark.executor.memory", "2g", "spark.executor.memoryOverheadFactor", "0.5");

    assertThat(found(conf, 100).get(1))
        .startsWith("WARNING spark.executor.memoryOverhead is 1,024");
  }

  @Test
  void aContainerSmallerThanTheNativeMemoryIsRefused() {
    SparkConf conf = conf("spark.executor.memory", "512m", "spark.executor.memoryOverhead", "512m");

    assertThat(found(conf, 1000))
        .contains(
            "PROBLEM Cannot train in containers of 1,024 MiB (spark.executor.memoryOverhead 512"
                + " MiB): 1 slot an executor with 1,000 MiB of variables take 1,756 MiB of native"
                + " memory at the very least; submit with --conf"
                + " spark.executor.memoryOverhead=7024m, or leave it out: Muster sets it");
  }

  @Test
  void inClusterModeTheDriversOverheadIsTold() {
    SparkConf conf = conf("spark.submit.deployMode", "cluster");
    ClusterPlan.apply(conf, 2, TrialMemory.ofVariables(100 * MIB));

    assertThat(found(conf, 100))
        .contains(
            "WARNING spark.driver.memoryOverhead is 384 MiB, and the driver, which builds the"
                + " graphs, needs about 812 MiB of native memory; YARN kills a container that takes"
                + " more than it asked for; submit with --conf spark.driver.memoryOverhead=812m");
    conf.set("spark.driver.memoryOverhead", "812m");
    assertThat(found(conf, 100)).noneMatch(line -> line.contains("spark.driver"));
  }

  @Test
  void anUnknownQueueIsAWarningWithThoseThatThereAre() {
    SparkConf conf = conf("spark.yarn.queue", "root.nope");
    ClusterPlan.apply(conf, 2, TrialMemory.ofVariables(MIB));

    assertThat(found(conf, 1))
        .contains(
            "WARNING the ResourceManager knows no queue root.nope; submit with --queue and one of"
                + " default, training");
    conf.set("spark.yarn.queue", "root.training");
    assertThat(found(conf, 1)).noneMatch(line -> line.contains("queue"));
  }

  @Test
  void memoryThatIsNoNumberIsAProblem() {
    assertThat(found(conf("spark.executor.memory", "much"), 1))
        .singleElement()
        .asString()
        .startsWith("PROBLEM Cannot understand the memory of Spark's settings: ");
  }

  @Test
  void anUnreachableResourceManagerLeavesTheConfigurationsMaximum() throws Exception {
    YarnLimits limits =
        ResourceManager.limits(
            Map.of(
                "yarn.resourcemanager.address", "127.0.0.1:9",
                "yarn.scheduler.maximum-allocation-mb", "4096"),
            Duration.ofSeconds(2));

    assertThat(limits.source()).startsWith("the configuration (");
    assertThat(limits.maxMemoryMib()).isEqualTo(4096);
    assertThat(limits.nodesMib()).isEmpty();
    assertThat(limits.queues()).isEmpty();
  }

  @Test
  void otherMastersAreNotLookedAt() throws Exception {
    assertThat(
            YarnPreflight.check(conf("spark.master", "local[2]"), 2, TrialMemory.ofVariables(MIB)))
        .isEmpty();
  }
}
