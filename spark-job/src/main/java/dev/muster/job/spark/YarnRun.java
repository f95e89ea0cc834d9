package dev.muster.job.spark;

import dev.muster.job.yarn.ResourceManager;
import java.util.Optional;
import org.apache.spark.SparkConf;

/** What a run on YARN tells its user. */
final class YarnRun {
  private YarnRun() {}

  /** How to read what the executors wrote; empty where the master is not YARN. */
  static Optional<String> logs(SparkConf conf, String applicationId) {
    if (!Master.isYarn(conf)) {
      return Optional.empty();
    }
    return Optional.of(
        ResourceManager.aggregatesLogs(ExperimentFile.hadoopProperties(conf))
            ? "all logs, after the end: yarn logs -applicationId " + applicationId
            : "the executors' logs: on their nodes, in yarn.nodemanager.log-dirs below "
                + applicationId
                + " (yarn.log-aggregation-enable is false)");
  }

  /**
   * Says so when YARN refused the application because of its queue.
   *
   * @param failure why Spark did not start
   */
  static void refuseUnknownQueue(SparkConf conf, Exception failure) throws JobException {
    if (Master.isYarn(conf) && String.valueOf(failure.getMessage()).contains("queue")) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot submit to queue %s: %s; submit with --queue and a queue that you may use (yarn queue -list)"
              .formatted(
                  conf.get("spark.yarn.queue", "default"),
                  String.valueOf(failure.getMessage()).lines().findFirst().orElse("")),
          failure);
    }
  }
}
