package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kit on a class path without Spark, in a JVM of its own. */
class WithoutSparkTest {
  private static final Pattern OF_SPARK = Pattern.compile("(spark-|scala-|hadoop-|log4j).*\\.jar");

  @TempDir Path directory;

  @Test
  void trialIsTrainedAndServedWithoutSpark() throws IOException, InterruptedException {
    String here = System.getProperty("surefire.test.class.path");
    String classPath =
        Arrays.stream(
                (here == null ? System.getProperty("java.class.path") : here)
                    .split(File.pathSeparator))
            .filter(entry -> !OF_SPARK.matcher(Path.of(entry).getFileName().toString()).matches())
            .collect(Collectors.joining(File.pathSeparator));
    Path output = directory.resolve("output");
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-cp",
            classPath,
            WithoutSparkMain.class.getName());
    java.environment().put("TF_CPP_MIN_LOG_LEVEL", "1");
    Process process =
        java.redirectOutput(output.toFile())
            .redirectError(directory.resolve("errors").toFile())
            .start();
    try {
      assertThat(process.waitFor(300, TimeUnit.SECONDS)).as("ended within 300 s").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readAllLines(output))
        .as(Files.readString(directory.resolve("errors")))
        .containsExactly(
            "trained 3",
            "served [probability]",
            "refused Cannot read the training data: its source 'words.csv' needs Spark, which is not"
                + " on the class path; hand in rows by trainingData(…), or add spark-sql with scope"
                + " test",
            "learned 2",
            "described images");
  }
}
