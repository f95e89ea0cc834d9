package dev.muster.job.spark;

import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ConfigException;
import dev.muster.job.config.ExperimentConfig;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.jspecify.annotations.Nullable;

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
    } catch (StorageException e) { // says all by itself
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    } catch (CharacterCodingException e) {
      throw unreadable(request.file(), "expected text in UTF-8, found other bytes", e);
    } catch (AccessDeniedException e) {
      throw unreadable(request.file(), "permission denied; make it readable for this user", e);
    } catch (IOException | InvalidPathException e) {
      throw unreadable(request.file(), e.toString(), e);
    }
  }

  private static String text(String file, SparkConf conf) throws IOException, JobException {
    if (file.contains(":/")) {
      return new String(
          Storage.readFile(file, hadoopProperties(conf), MAX_BYTES), StandardCharsets.UTF_8);
    }
    Path local = Path.of(file);
    if (Files.isDirectory(local)) {
      throw unreadable(file, "expected a YAML file, found a directory; name the file in it", null);
    }
    if (!Files.exists(local)) {
      throw unreadable(file, missing(local, conf), null);
    }
    return Files.readString(local);
  }

  private static JobException unreadable(String file, String fact, @Nullable Throwable cause) {
    return new JobException(
        JobExit.SETUP, "Cannot read experiment file " + file + ": " + fact, cause);
  }

  private static String missing(Path file, SparkConf conf) {
    String fact =
        "there is no such file" + (file.isAbsolute() ? "" : " in " + Path.of("").toAbsolutePath());
    boolean isOnCluster = Master.isClusterMode(conf) || KubernetesServer.isDriverPod(conf);
    if (isOnCluster && Master.isStandalone(conf)) {
      return fact
          + " on the host where the driver runs; a standalone cluster does not bring --files to the"
          + " driver, so put the file on a path that all hosts see: run hdfs://…/"
          + file.getFileName();
    }
    return isOnCluster
        ? fact
            + " on the host where the driver runs; in cluster mode send the file along, and name"
            + " it without its directory: spark-submit --deploy-mode cluster --files "
            + file
            + " … run "
            + file.getFileName()
        : fact + "; correct the path, or name any Hadoop path (hdfs://…)";
  }

  /** What the user set for Hadoop by Spark's configuration. */
  static Map<String, String> hadoopProperties(SparkConf conf) {
    return ScalaBridge.settings(conf, "spark.hadoop.");
  }
}
