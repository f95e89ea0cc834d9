package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What local[n] does not show: everything is serialized, executors fetch from each other. */
class ShardClusterTest {
  @TempDir Path directory;

  @Test
  void executorsFetchAllRecordsWithKryoAndRequiredRegistration()
      throws IOException, InterruptedException {
    Path home = Files.createDirectories(directory.resolve("home"));
    Files.createDirectories(home.resolve("jars"));
    Path log = directory.resolve("driver.log");
    String classPath = System.getProperty("java.class.path");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-opens") || option.startsWith("-XX:+Ignore"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx512m",
            "-cp",
            classPath,
            ShardClusterMain.class.getName(),
            classPath,
            directory.resolve("records").toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", home.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    Process driver = builder.start();
    try {
      assertThat(driver.waitFor(180, TimeUnit.SECONDS)).as("driver has ended").isTrue();
      assertThat(driver.exitValue()).as(() -> read(log)).isZero();
    } finally {
      driver.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
