package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The job jar where the default Java is a real Java 11. */
final class OldJavaIT {
  @Test
  void submittingWithJava11SaysWhatToSet() throws Exception {
    Path java = Scripts.oldJava();
    Path log = Files.createDirectories(Path.of("target/it/old-java")).resolve("output.log");
    List<String> command = new ArrayList<>(List.of(java.resolve("bin/java").toString()));
    command.addAll(List.of("-Dspark.master=yarn", "-jar", JobJars.job().toString(), "run", "x"));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();

    assertThat(ChildProcess.await(process, Duration.ofMinutes(1), "java")).isEqualTo(2);
    assertThat(Files.readString(log))
        .isEqualToIgnoringNewLines(
            "muster: Cannot run: the driver's Java is 11 (%s), expected 17 or later; set JAVA_HOME to a JDK 17 where spark-submit runs"
                .formatted(java));
  }
}
