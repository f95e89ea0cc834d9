package dev.muster.job.spark;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.JarFile;

/** The jars that the user sent along: found through the class loader that Spark made for them. */
final class UserJars {
  /** A class of what a user's jar must not bundle, and the artifact that it comes from. */
  private static final Map<String, String> BUNDLED =
      Map.of(
          "org/tensorflow/TensorFlow.class", "org.tensorflow:tensorflow-core-api",
          "org/apache/spark/SparkContext.class", "org.apache.spark:spark-core",
          "dev/muster/trial/EstimatorTrial.class", "dev.muster:trial-api");

  private UserJars() {}

  /**
   * Refuses jars that bundle what the job brings: two copies of a class do not mix.
   *
   * @throws JobException with the jar, what it bundles, and the lines that mend it
   */
  static void check() throws JobException {
    for (Path jar : jars()) {
      Map<String, String> bundled = bundled(jar);
      if (!bundled.isEmpty()) {
        throw new JobException(
            JobExit.SETUP,
            "Cannot use %s: it bundles %s, which the job brings itself; give these dependencies the scope provided: %s"
                .formatted(jar, String.join(", ", bundled.values()), provided(bundled.values())));
      }
    }
  }

  private static Map<String, String> bundled(Path jar) {
    Map<String, String> found = new LinkedHashMap<>();
    try (JarFile file = new JarFile(jar.toFile())) {
      boolean isJob = file.getEntry("dev/muster/job/cli/Main.class") != null;
      if (!isJob) {
        BUNDLED.forEach(
            (entry, artifact) -> {
              if (file.getEntry(entry) != null) {
                found.put(entry, artifact);
              }
            });
      }
    } catch (IOException e) {
      return Map.of(); // Not a jar: a directory, or a file that Spark has put on the path.
    }
    return found;
  }

  private static String provided(Iterable<String> artifacts) {
    StringBuilder lines = new StringBuilder();
    for (String artifact : artifacts) {
      String[] names = artifact.split(":", 2);
      lines
          .append("<dependency><groupId>")
          .append(names[0])
          .append("</groupId><artifactId>")
          .append(names[1])
          .append("</artifactId>…<scope>provided</scope></dependency> ");
    }
    return lines.toString().stripTrailing();
  }

  /** The jar that holds this class, if it comes from one. */
  static Optional<Path> jarOf(String className) {
    try {
      Class<?> type =
          Class.forName(className, false, Thread.currentThread().getContextClassLoader());
      var source = type.getProtectionDomain().getCodeSource();
      if (source == null || source.getLocation() == null) {
        return Optional.empty();
      }
      Path path = Path.of(source.getLocation().toURI());
      return Files.isRegularFile(path) ? Optional.of(path) : Optional.empty();
    } catch (ClassNotFoundException | LinkageError | URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static List<Path> jars() {
    List<Path> jars = new ArrayList<>();
    for (ClassLoader loader = Thread.currentThread().getContextClassLoader();
        loader != null;
        loader = loader.getParent()) {
      if (loader instanceof URLClassLoader urls) {
        for (URL url : urls.getURLs()) {
          local(url).ifPresent(jars::add);
        }
      }
    }
    return jars;
  }

  private static Optional<Path> local(URL url) {
    try {
      return url.getProtocol().equals("file")
          ? Optional.of(Path.of(url.toURI()))
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
