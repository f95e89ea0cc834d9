package dev.muster.job.spark;

import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ConfigException;
import dev.muster.job.config.ExperimentConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;

/** Reads the experiment's configuration from wherever it is. */
final class ExperimentFile {
  private static final int MAX_BYTES = 4 << 20;

  private ExperimentFile() {}

  /**
   * The configuration.
   *
   * @throws JobException when there is no such file, or it has problems; all are named
   */
  static ExperimentConfig read(RunRequest request, SparkConf conf) throws JobException {
    try {
      return ExperimentConfig.parse(
          text(request.file(), conf), request.file(), request.overrides());
    } catch (ConfigException e) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot run experiment %s: its configuration has problems%n%s"
              .formatted(request.file(), e.getMessage()),
          e);
    } catch (IOException | StorageException e) {
      throw new JobException(
          JobExit.SETUP, "Cannot read experiment file " + request.file() + ": " + e, e);
    }
  }

  private static String text(String file, SparkConf conf) throws IOException, JobException {
    if (file.contains(":/")) {
      return new String(
          Storage.readFile(file, hadoopProperties(conf), MAX_BYTES), StandardCharsets.UTF_8);
    }
    Path local = Path.of(file);
    if (Files.isDirectory(local)) {
      throw new JobException(
          JobExit.SETUP, "Cannot read experiment file " + file + ": it is a directory");
    }
    if (!Files.exists(local)) {
      throw new JobException(JobExit.SETUP, missing(file, conf));
    }
    return Files.readString(local);
  }

  private static String missing(String file, SparkConf conf) {
    String message =
        "Cannot read experiment file "
            + file
            + ": there is no such file in "
            + Path.of("").toAbsolutePath();
    return conf.get("spark.submit.deployMode", "client").equals("cluster")
        ? message
            + ", where the driver runs; in cluster mode send it along and name it without its"
            + " directory: spark-submit --deploy-mode cluster --files "
            + file
            + " … run "
            + Path.of(file).getFileName()
        : message;
  }

  /** What the user set for Hadoop by Spark's configuration. */
  static Map<String, String> hadoopProperties(SparkConf conf) {
    return ScalaBridge.settings(conf, "spark.hadoop.");
  }
}
