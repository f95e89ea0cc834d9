package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/** What Spark must be told before its context exists. */
final class SparkSettings {
  /** A setting that was made, to be printed. */
  record Setting(String key, String value, String why) {
    String line() {
      return "set %s=%s (%s)".formatted(key, value, why);
    }
  }

  private static final String PLUGINS = "spark.plugins";
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";

  private static final List<Setting> DEFAULTS =
      List.of(
          new Setting(
              "spark.speculation", "false", "a second copy of a slot cannot replace the first"),
          new Setting(
              "spark.task.maxFailures", "1000", "attempts are counted by Muster, not by Spark"),
          new Setting(
              "spark.executor.failuresValidityInterval",
              "1h",
              "failures of a long run do not add up"),
          new Setting(
              "spark.excludeOnFailure.enabled", "false", "a lost slot may come back where it was"),
          new Setting("spark.locality.wait", "0", "a slot starts on any free executor at once"),
          new Setting(
              "spark.dynamicAllocation.executorAllocationRatio",
              "1",
              "every slot needs an executor's core"),
          new Setting(
              "spark.dynamicAllocation.cachedExecutorIdleTimeout",
              "10min",
              "executors with data go back when they are idle"),
          new Setting(
              "spark.dynamicAllocation.shuffleTracking.timeout",
              "10min",
              "executors with shuffled data go back when they are idle"));

  private SparkSettings() {}

  /**
   * Appends the plugin and sets what the user did not set.
   *
   * @return what was set, in order
   * @throws IllegalArgumentException when Spark will not start with these settings
   */
  static List<Setting> apply(SparkConf conf) {
    NetworkSecurity.problem(conf)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException(problem);
            });
    List<Setting> made = new ArrayList<>();
    appendPlugin(conf, made);
    for (Setting setting : DEFAULTS) {
      if (!conf.contains(setting.key)) {
        set(conf, setting, made);
      }
    }
    placeCrashReports(conf, made);
    leaveClaimsAlone(conf, made);
    return List.copyOf(made);
  }

  private static void appendPlugin(SparkConf conf, List<Setting> made) {
    String ours = MusterPlugin.class.getName();
    List<String> plugins = Stream.of(conf.get(PLUGINS, "").split(",")).map(String::strip).toList();
    if (!plugins.contains(ours)) {
      String all =
          String.join(
              ",",
              Stream.concat(plugins.stream(), Stream.of(ours)).filter(p -> !p.isEmpty()).toList());
      set(conf, new Setting(PLUGINS, all, "the wire between driver and executors"), made);
    }
  }

  /**
   * Without volumes by claim, Spark would still ask to delete some, which the Role does not allow.
   */
  private static void leaveClaimsAlone(SparkConf conf, List<Setting> made) {
    String key = "spark.kubernetes.driver.ownPersistentVolumeClaim";
    boolean hasClaims =
        ScalaBridge.settings(conf, "spark.kubernetes.").keySet().stream()
            .anyMatch(name -> name.contains(".volumes.persistentVolumeClaim."));
    if (Master.isKubernetes(conf) && !hasClaims && !conf.contains(key)) {
      set(conf, new Setting(key, "false", "no volume is a claim"), made);
    }
  }

  /** A crash of native code leaves its report where the executor's log is kept. */
  private static void placeCrashReports(SparkConf conf, List<Setting> made) {
    String options = conf.get(EXECUTOR_OPTIONS, "");
    String option =
        Master.isYarn(conf)
            ? "-XX:ErrorFile=<LOG_DIR>/hs_err_%p.log"
            : Master.isKubernetes(conf) ? "-XX:+ErrorFileToStderr" : "";
    if (!option.isEmpty() && !options.contains("ErrorFile")) {
      set(
          conf,
          new Setting(
              EXECUTOR_OPTIONS,
              (options + " " + option).strip(),
              "a crash report is kept with the executor's log"),
          made);
    }
  }

  private static void set(SparkConf conf, Setting setting, List<Setting> made) {
    conf.set(setting.key, setting.value);
    made.add(setting);
  }
}
