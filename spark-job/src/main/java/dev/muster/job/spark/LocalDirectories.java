package dev.muster.job.spark;

import java.nio.file.Path;
import org.apache.spark.SparkConf;

/** Where Spark lets an executor, or the driver, keep local files. */
final class LocalDirectories {
  private LocalDirectories() {}

  /** The first of the manager's directories: of YARN, of the worker, of the user, of the JVM. */
  static Path first(SparkConf conf) {
    for (String directories :
        new String[] {
          nonNull(System.getenv("LOCAL_DIRS")),
          nonNull(System.getenv("SPARK_LOCAL_DIRS")),
          conf.get("spark.local.dir", "")
        }) {
      String first = directories.split(",", -1)[0].strip();
      if (!first.isEmpty()) {
        return Path.of(first);
      }
    }
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  private static String nonNull(@org.jspecify.annotations.Nullable String value) {
    return value == null ? "" : value;
  }

  /** Where TensorFlow's libraries are unpacked: shared by all JVMs of the user on the host. */
  static Path nativeLibraries(SparkConf conf) {
    return first(conf).resolve("muster-native-" + System.getProperty("user.name"));
  }
}
