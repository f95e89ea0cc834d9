package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;

/** All settings that a run makes before its context exists, said in one place. */
final class ClusterSettings {
  private ClusterSettings() {}

  /**
   * Sets what the user did not, and prints it.
   *
   * @throws JobException when the user's settings cannot train on so many slots
   */
  static void apply(SparkConf conf, int slots, long variableBytes, Consumer<String> lines)
      throws JobException {
    List<SparkSettings.Setting> made = new ArrayList<>();
    try {
      made.addAll(SparkSettings.apply(conf, slots));
    } catch (IllegalArgumentException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
    made.addAll(ClusterPlan.apply(conf, slots, variableBytes));
    for (SparkSettings.Setting setting : made) {
      lines.accept("set %s=%s (%s)".formatted(setting.key(), setting.value(), setting.why()));
    }
  }
}
