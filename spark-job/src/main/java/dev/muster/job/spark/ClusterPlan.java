package dev.muster.job.spark;

import dev.muster.job.spark.SparkSettings.Setting;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;

/** What executors a trial needs: set where the user did not say, before the context exists. */
final class ClusterPlan {
  /** TensorFlow's own resident set, with the JVM's memory outside its heap. */
  private static final long BASE_MIB = 768;

  /** TensorFlow's library alone. */
  private static final long LEAST_BASE_MIB = 256;

  private ClusterPlan() {}

  /**
   * Sets executors, cores and the memory overhead for native memory.
   *
   * @param memory what a slot needs
   * @return what was set
   */
  static List<Setting> apply(SparkConf conf, int slots, TrialMemory memory) {
    if (Master.isLocal(conf)) {
      return List.of();
    }
    List<Setting> made = new ArrayList<>();
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    boolean standalone = Master.isStandalone(conf);
    if (!conf.contains("spark.executor.cores") && !Master.isLocalCluster(conf)) {
      set(conf, made, "spark.executor.cores", Integer.toString(taskCpus), "one slot an executor");
    }
    int perExecutor = SlotCapacity.perExecutor(conf);
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
    if (Master.isContained(conf)
        && !conf.contains("spark.executor.memoryOverhead")
        && !conf.contains("spark.executor.memoryOverheadFactor")) {
      set(
          conf,
          made,
          "spark.executor.memoryOverhead",
          overheadMib(memory, perExecutor) + "m",
          "native memory of TensorFlow: variables, a step, gradients and buffers");
    }
    return made;
  }

  /** The native memory of an executor. */
  static long overheadMib(TrialMemory memory, int slotsPerExecutor) {
    return BASE_MIB + slotsPerExecutor * memory.slotMib();
  }

  /** The library, the variables, the weights' copy in EVAL and a step: it takes as much. */
  static long leastNativeMib(TrialMemory memory, int slotsPerExecutor) {
    return LEAST_BASE_MIB + slotsPerExecutor * memory.leastSlotMib();
  }

  /**
   * What Spark adds to the heap by its settings.
   *
   * @param of {@code executor} or {@code driver}
   * @throws NumberFormatException for what is no size
   */
  static long givenOverheadMib(SparkConf conf, String of) {
    String key = "spark." + of + ".memoryOverhead";
    if (conf.contains(key)) {
      return conf.getSizeAsMb(key);
    }
    double factor = conf.getDouble(key + "Factor", 0.1);
    long heap = conf.getSizeAsMb("spark." + of + ".memory", "1g");
    long least = conf.getSizeAsMb("spark." + of + ".minMemoryOverhead", "384m");
    return Math.max((long) (factor * heap), least);
  }

  private static void set(
      SparkConf conf, List<Setting> made, String key, String value, String why) {
    conf.set(key, value);
    made.add(new Setting(key, value, why));
  }
}
