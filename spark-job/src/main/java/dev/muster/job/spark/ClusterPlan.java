package dev.muster.job.spark;

import dev.muster.job.spark.SparkSettings.Setting;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;

/** What executors a trial needs: set where the user did not say, before the context exists. */
final class ClusterPlan {
  /** TensorFlow's own resident set, with the JVM's memory outside its heap. */
  private static final long BASE_MIB = 768;

  private ClusterPlan() {}

  /**
   * Sets executors, cores and the memory overhead for native memory.
   *
   * @param variableBytes all variables of the trial, optimizer slots with them
   * @return what was set
   */
  static List<Setting> apply(SparkConf conf, int slots, long variableBytes) {
    String master = conf.get("spark.master", "");
    if (master.startsWith("local") && !master.startsWith("local-cluster")) {
      return List.of();
    }
    List<Setting> made = new ArrayList<>();
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    boolean standalone = SlotCapacity.isStandalone(master);
    if (!conf.contains("spark.executor.cores") && !master.startsWith("local-cluster")) {
      set(conf, made, "spark.executor.cores", Integer.toString(taskCpus), "one slot an executor");
    }
    int perExecutor = Math.max(1, conf.getInt("spark.executor.cores", 1) / taskCpus);
    if (!SlotCapacity.isDynamic(conf)) {
      int executors = (slots + perExecutor - 1) / perExecutor;
      if (standalone && !conf.contains("spark.cores.max")) {
        set(
            conf,
            made,
            "spark.cores.max",
            Integer.toString(executors * conf.getInt("spark.executor.cores", 1)),
            slots + " slots");
      } else if (!standalone && !conf.contains("spark.executor.instances")) {
        set(conf, made, "spark.executor.instances", Integer.toString(executors), slots + " slots");
      }
    }
    boolean contained = master.startsWith("yarn") || master.startsWith("k8s");
    if (contained
        && !conf.contains("spark.executor.memoryOverhead")
        && !conf.contains("spark.executor.memoryOverheadFactor")) {
      set(
          conf,
          made,
          "spark.executor.memoryOverhead",
          overheadMib(variableBytes, perExecutor) + "m",
          "native memory of TensorFlow: variables, gradients and buffers");
    }
    return made;
  }

  /** Variables in TRAIN, EVAL and on their way to a checkpoint; gradients and the exchange. */
  static long overheadMib(long variableBytes, int slotsPerExecutor) {
    return BASE_MIB + slotsPerExecutor * (6 * variableBytes / (1 << 20) + 256);
  }

  private static void set(
      SparkConf conf, List<Setting> made, String key, String value, String why) {
    conf.set(key, value);
    made.add(new Setting(key, value, why));
  }
}
