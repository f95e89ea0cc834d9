package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GpuPlanTest {
  private static final String SPARK = "spark://h:7077";

  private static SparkConf conf(String master, String... settings) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    Arrays.stream(settings).map(each -> each.split("=", 2)).forEach(s -> conf.set(s[0], s[1]));
    return conf;
  }

  private static List<String> made(SparkConf conf, int gpus) {
    assertThat(GpuPlan.problems(conf, gpus)).isEmpty();
    return GpuPlan.apply(conf, gpus).stream().map(s -> s.key() + "=" + s.value()).toList();
  }

  @Test
  void slotsOnTheCpuSetNothing() {
    assertThat(made(conf("yarn"), 0)).isEmpty();
    assertThat(made(conf("local[2]"), 0)).isEmpty();
  }

  @Test
  void eachSlotOfAnExecutorGetsAGpu() {
    assertThat(made(conf(SPARK, "spark.executor.cores=6", "spark.task.cpus=3"), 1))
        .containsExactly(
            "spark.executor.resource.gpu.amount=2",
            "spark.task.resource.gpu.amount=1",
            "spark.executorEnv.CUDA_DEVICE_ORDER=PCI_BUS_ID");
    assertThat(made(conf(SPARK), 1)).contains("spark.executor.resource.gpu.amount=1");
    assertThat(made(conf("local-cluster[2,2,1024]", "spark.worker.resource.gpu.amount=2"), 1))
        .contains("spark.executor.resource.gpu.amount=2");
  }

  @Test
  void whatTheUserSetStays() {
    SparkConf conf = conf(SPARK, "spark.executor.cores=4", "spark.executor.resource.gpu.amount=1");
    assertThat(made(conf, 1))
        .containsExactly(
            "spark.task.resource.gpu.amount=1", "spark.executorEnv.CUDA_DEVICE_ORDER=PCI_BUS_ID");
    assertThat(GpuPlan.slots(conf, 4)).as("one GPU is one slot").isEqualTo(1);
  }

  @Test
  void podsAskForTheVendorsDevice() {
    assertThat(made(conf("k8s://x", GpuPlan.SCRIPT + "=/opt/gpu-discovery"), 1))
        .contains("spark.executor.resource.gpu.vendor=nvidia.com");
  }

  @Test
  void withDynamicAllocationTheLegsHaveAProfileAndTheApplicationNone() {
    SparkConf conf =
        conf("yarn", "spark.dynamicAllocation.enabled=true", GpuPlan.SCRIPT + "=./gpu-discovery");
    assertThat(GpuPlan.usesProfile(conf, 1)).isTrue();
    assertThat(made(conf, 1)).containsExactly("spark.executorEnv.CUDA_DEVICE_ORDER=PCI_BUS_ID");
    assertThat(conf.contains(GpuPlan.SCRIPT)).as("Spark refuses it without an amount").isFalse();
    assertThat(conf.get(GpuPlan.PROFILE_SCRIPT)).isEqualTo("./gpu-discovery");
    assertThat(GpuPlan.usesProfile(conf, 1)).as("the second time too").isTrue();
    assertThat(made(conf, 1)).isEmpty();
  }

  @Test
  void withDynamicAllocationTheUsersAmountsHoldForAllExecutors() {
    SparkConf conf =
        conf(SPARK, "spark.dynamicAllocation.enabled=true", GpuPlan.EXECUTOR_AMOUNT + "=1");
    assertThat(GpuPlan.usesProfile(conf, 1)).isFalse();
    assertThat(GpuPlan.usesProfile(conf("yarn", "spark.dynamicAllocation.enabled=true"), 0))
        .isFalse();
  }

  static List<Arguments> refused() {
    return List.of(
        Arguments.of(
            conf("local[2]"),
            "master local[2] cannot give GPUs to tasks; use --master spark://HOST:7077, yarn or"
                + " k8s://…, or set resources.gpus_per_slot to 0"),
        Arguments.of(
            conf(SPARK, "spark.task.resource.gpu.amount=0.5"),
            "spark.task.resource.gpu.amount=0.5 gives one GPU to several slots; set it to 1"),
        Arguments.of(
            conf(SPARK, "spark.task.resource.gpu.amount=2"),
            "expected spark.task.resource.gpu.amount=1, as resources.gpus_per_slot is 1, found 2; set"
                + " it to 1"),
        Arguments.of(
            conf(SPARK, "spark.task.resource.gpu.amount=none"),
            "expected spark.task.resource.gpu.amount=1, as resources.gpus_per_slot is 1, found none;"
                + " set it to 1"),
        Arguments.of(
            conf(SPARK, "spark.executor.resource.gpu.amount=0", "spark.executor.cores=2"),
            "expected a whole number of GPUs as spark.executor.resource.gpu.amount, found 0; set it"
                + " to 2, one for each slot of an executor"),
        Arguments.of(
            conf("local-cluster[1,2,1024]"),
            "the Workers of local-cluster[1,2,1024] have no GPUs; set"
                + " spark.worker.resource.gpu.amount and spark.worker.resource.gpu.discoveryScript"),
        Arguments.of(
            conf("yarn"),
            "executors do not know their GPUs; submit with --files scripts/gpu-discovery --conf"
                + " spark.executor.resource.gpu.discoveryScript=./gpu-discovery"),
        Arguments.of(
            conf("k8s://x"),
            "executors do not know their GPUs; put scripts/gpu-discovery into the image and set"
                + " spark.executor.resource.gpu.discoveryScript to its path"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aPlanThatDoesNotGiveEachSlotItsOwnIsRefused(SparkConf conf, String problem) {
    assertThat(GpuPreflight.look(conf, 1, set -> {}))
        .containsExactly(
            Finding.problem("gpus", "Cannot give each slot a GPU of its own: " + problem));
  }

  @Test
  void whatIsSetIsPrintedAndAGoodPlanIsFine() {
    List<String> lines = new ArrayList<>();
    assertThat(GpuPreflight.look(conf(SPARK), 1, lines::add))
        .containsExactly(Finding.fine("gpus", "each slot gets one, by Spark's settings"));
    assertThat(lines)
        .contains("set spark.task.resource.gpu.amount=1 (a slot's own GPU)")
        .hasSize(3);
    assertThat(
            GpuPreflight.look(conf(SPARK, "spark.dynamicAllocation.enabled=true"), 1, lines::add))
        .containsExactly(
            Finding.fine("gpus", "each slot gets one, by a resource profile of the legs"));
  }

  @Test
  void whatNoSlotUsesIsAWarning() {
    SparkConf idleCores =
        conf(SPARK, "spark.executor.cores=4", "spark.executor.resource.gpu.amount=1");
    assertThat(GpuPreflight.look(idleCores, 1, set -> {}))
        .contains(
            Finding.warning(
                "gpus",
                "an executor has cores for 4 slots and 1 GPUs: the other cores are not used; set"
                    + " spark.executor.resource.gpu.amount to 4, or spark.executor.cores to 1"));
    assertThat(GpuPreflight.look(conf(SPARK, "spark.task.resource.gpu.amount=1"), 0, set -> {}))
        .containsExactly(
            Finding.warning(
                "gpus",
                "spark.task.resource.gpu.amount=1 gives the slots GPUs, but resources.gpus_per_slot"
                    + " is 0 and they train on the CPU; set it to 1"));
  }
}
