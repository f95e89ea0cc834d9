package dev.muster.job.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs the programs of the checkout's {@code scripts} folder. */
public final class Scripts {
  private static final int UNAVAILABLE = 3;

  /** The longest download that a script may start, on a slow line. */
  private static final Duration DEADLINE = Duration.ofMinutes(20);

  private Scripts() {}

  /**
   * A home of Spark 3.5.5 with {@code bin/spark-submit}; skips the test where there can be none.
   */
  public static Path sparkDistribution() {
    return Path.of(output("testcluster.d/spark-distribution").strip());
  }

  /** A home of that Spark: {@code 3.5.5}, {@code 3.5.6} (Scala 2.13) or {@code 4.1.1}. */
  static Path sparkDistribution(String version) {
    return Path.of(output("testcluster.d/spark-distribution", version).strip());
  }

  /** A home of Java 21; skips the test where there can be none. */
  static Path java21() {
    return Path.of(output("testcluster.d/java-runtime", "21").strip());
  }

  /** A Python that imports TensorFlow; skips the test where there can be none. */
  public static Path pythonWithTensorFlow() {
    return Path.of(output("testcluster.d/python-tensorflow").strip());
  }

  /** A home of Java 11, without a compiler; skips the test where there can be none. */
  static Path oldJava() {
    return Path.of(output("testcluster.d/java-runtime", "11").strip());
  }

  /**
   * What the script prints on stdout.
   *
   * <p>Exit code 3 (the machine cannot have it) skips the calling test with the script's reason.
   *
   * @throws AssertionError with the script's stderr if it ends otherwise than with 0 or 3
   */
  static String output(String script, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(checkout().resolve("scripts").resolve(script).toString());
    command.addAll(List.of(arguments));
    try {
      Path directory = Files.createTempDirectory("muster-script");
      Path stdout = directory.resolve("stdout");
      Path stderr = directory.resolve("stderr");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectOutput(stdout.toFile())
                .redirectError(stderr.toFile())
                .start();
        int exitCode = ChildProcess.await(process, DEADLINE, command.get(0));
        if (exitCode == UNAVAILABLE) {
          SkipReason.skip(Files.readString(stderr).strip());
        }
        if (exitCode != 0) {
          String said = Files.readString(stderr).strip();
          String reason = said.substring(said.lastIndexOf('\n') + 1);
          throw new AssertionError(
              "Cannot run %s: exit code %d, expected 0: %s%n%s"
                  .formatted(String.join(" ", command), exitCode, reason, said));
        }
        return Files.readString(stdout);
      } finally {
        Files.deleteIfExists(stdout);
        Files.deleteIfExists(stderr);
        Files.deleteIfExists(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot run " + command, e);
    }
  }

  /** A file of the checkout's {@code scripts} folder. */
  static Path file(String name) {
    return checkout().resolve("scripts").resolve(name);
  }

  /** The folder that holds {@code scripts}: the working directory or one above it. */
  private static Path checkout() {
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.isExecutable(folder.resolve("scripts/testcluster"))) {
        return folder;
      }
    }
    throw new AssertionError("Cannot find scripts/testcluster: not in " + start + " or above");
  }
}
