package dev.muster.job.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.jspecify.annotations.Nullable;

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

  private static String nonNull(@Nullable String value) {
    return value == null ? "" : value;
  }

  /** Where TensorFlow's libraries are unpacked: shared by all JVMs of the user on the host. */
  static Path nativeLibraries(SparkConf conf) {
    return first(conf).resolve("muster-native-" + System.getProperty("user.name"));
  }

  /** Deletes the directory and all that is in it. */
  static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
