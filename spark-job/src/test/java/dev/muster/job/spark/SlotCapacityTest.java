package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** Slots against executors and cores: all that is wrong at once. */
class SlotCapacityTest {
  private static List<Finding> findings(int slots, String master, String... settings) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    for (int i = 0; i < settings.length; i += 2) {
      conf.set(settings[i], settings[i + 1]);
    }
    return SlotCapacity.findings(conf, slots);
  }

  private static Finding problem(String text) {
    return Finding.problem("slots", text);
  }

  @Test
  void roomIsSaid() {
    assertThat(findings(2, "local[3]"))
        .containsExactly(Finding.fine("slots", "2, and the settings allow 3"));
    assertThat(findings(2, "yarn", "spark.dynamicAllocation.enabled", "true"))
        .containsExactly(
            Finding.fine("slots", "2, and the settings allow as many as the cluster has"));
  }

  @Test
  void slotThatNoExecutorCanTakeIsAProblem() {
    assertThat(findings(4, "yarn", "spark.task.cpus", "4", "spark.executor.cores", "2"))
        .containsExactly(
            problem(
                "Cannot start a slot: spark.task.cpus=4 is more than spark.executor.cores=2; raise"
                    + " spark.executor.cores to 4 or a multiple, or lower spark.task.cpus"));
  }

  @Test
  void limitsOfDynamicAllocationAndOfAStandaloneClusterAreBothProblems() {
    assertThat(
            findings(
                4,
                "spark://h:1",
                "spark.dynamicAllocation.enabled",
                "true",
                "spark.dynamicAllocation.maxExecutors",
                "2",
                "spark.executor.cores",
                "1",
                "spark.cores.max",
                "3"))
        .containsExactly(
            problem(
                "Cannot train on 4 slots: master spark://h:1 with"
                    + " spark.dynamicAllocation.maxExecutors=2 allows 2 at most; lower"
                    + " resources.slots_per_trial, or raise"
                    + " spark.dynamicAllocation.maxExecutors to 4"),
            problem(
                "Cannot train on 4 slots: spark.cores.max=3 allows 3 at most; lower"
                    + " resources.slots_per_trial, or raise spark.cores.max to 4"));
  }

  @Test
  void fewSlotsOfALocalClusterAreAProblem() {
    assertThat(findings(5, "local-cluster[2,1,1024]"))
        .containsExactly(
            problem(
                "Cannot train on 5 slots: master local-cluster[2,1,1024] allows 2 at most; lower"
                    + " resources.slots_per_trial, or submit with more workers or cores, e.g."
                    + " --master 'local-cluster[5,1,1024]'"));
  }

  @Test
  void settingThatIsNoNumberIsAProblem() {
    assertThat(findings(2, "yarn", "spark.executor.cores", "two").get(0).text())
        .startsWith("Cannot tell how many slots Spark's settings allow: expected a whole number: ")
        .contains("spark.executor.cores");
  }
}
