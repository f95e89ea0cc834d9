package dev.muster.job.spark;

import dev.muster.job.config.ExperimentConfig;
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
   * @throws JobException when Spark will not start with the user's settings
   */
  static void apply(SparkConf conf, int slots, TrialMemory memory, Consumer<String> lines)
      throws JobException {
    List<SparkSettings.Setting> made = new ArrayList<>();
    try {
      made.addAll(SparkSettings.apply(conf));
      made.addAll(ClusterPlan.apply(conf, slots, memory));
    } catch (IllegalArgumentException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
    NetworkSecurity.warning(conf).ifPresent(text -> lines.accept("warning: " + text));
    print(conf, made, lines);
  }

  /** Has Spark get delegation tokens for what the experiment reads and writes. */
  static void applyFileSystems(SparkConf conf, ExperimentConfig config, Consumer<String> lines) {
    print(
        conf,
        CredentialCheck.addFileSystems(conf, config.checkpointStoragePath(), config.data()).stream()
            .toList(),
        lines);
  }

  private static void print(
      SparkConf conf, List<SparkSettings.Setting> made, Consumer<String> lines) {
    for (SparkSettings.Setting setting : made) {
      lines.accept(Redaction.of(conf, setting).line());
    }
  }
}
