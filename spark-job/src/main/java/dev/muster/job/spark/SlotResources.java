package dev.muster.job.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.resource.ExecutorResourceRequests;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.jspecify.annotations.Nullable;

/**
 * What the jobs on slots ask of executors: one for the application's life, since executors of a
 * profile are no use to another one that asks for the same. Immutable.
 */
final class SlotResources {
  /** What the application's own settings say. */
  static final SlotResources DEFAULT = new SlotResources(null);

  private final @Nullable ResourceProfile profile;

  private SlotResources(@Nullable ResourceProfile profile) {
    this.profile = profile;
  }

  /** With a profile where the plan has one. */
  static SlotResources of(SparkConf conf) {
    if (!conf.getBoolean(GpuPlan.PROFILE, false)) {
      return DEFAULT;
    }
    int slots = GpuPlan.slotsByCores(conf);
    ExecutorResourceRequests executor =
        new ExecutorResourceRequests()
            .cores(slots * conf.getInt("spark.task.cpus", 1))
            .memory(conf.get("spark.executor.memory", "1g"))
            .resource(
                ExecutorGpus.RESOURCE,
                slots,
                conf.get(GpuPlan.PROFILE_SCRIPT, ""),
                conf.get(GpuPlan.VENDOR, ""));
    if (conf.contains("spark.executor.memoryOverhead")) {
      executor.memoryOverhead(conf.get("spark.executor.memoryOverhead"));
    }
    TaskResourceRequests task =
        new TaskResourceRequests()
            .cpus(conf.getInt("spark.task.cpus", 1))
            .resource(ExecutorGpus.RESOURCE, 1);
    return new SlotResources(new ResourceProfileBuilder().require(executor).require(task).build());
  }

  /** The same RDD, computed where slots are. */
  <T> JavaRDD<T> on(JavaRDD<T> rdd) {
    return profile == null ? rdd : rdd.withResources(profile);
  }

  boolean areOfOwnProfile() {
    return profile != null;
  }

  /** For people; empty where the settings say all. */
  String line() {
    return profile == null
        ? ""
        : "resource profile %d for the slots: an executor has %s, a task asks for %s"
            .formatted(profile.id(), profile.executorResourcesJMap(), profile.taskResourcesJMap());
  }
}
