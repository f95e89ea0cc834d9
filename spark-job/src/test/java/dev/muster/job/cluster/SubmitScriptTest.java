package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code scripts/submit} gives to the user's spark-submit, here one that prints it. */
class SubmitScriptTest {
  private static final String OPEN = "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED";

  @TempDir Path sparkHome;

  private List<String> submitted(String... arguments) throws IOException {
    Path bin = Files.createDirectories(sparkHome.resolve("bin"));
    Files.writeString(
        bin.resolve("spark-submit"), "#!/bin/sh\nfor word; do echo \"$word\"; done\n");
    Files.setPosixFilePermissions(
        bin.resolve("spark-submit"), PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> command = new ArrayList<>(List.of("../scripts/submit"));
    command.addAll(Arrays.asList(arguments));
    Path out = sparkHome.resolve("out");
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile());
    builder.environment().put("SPARK_HOME", sparkHome.toString());
    int code = ChildProcess.await(builder.start(), Duration.ofMinutes(1), "scripts/submit");
    assertThat(code).isZero();
    return Files.readAllLines(out);
  }

  @Test
  void clusterModeOfStandaloneGetsTheModuleOptions() throws IOException {
    List<String> words =
        submitted("--master", "spark://h:1", "--deploy-mode", "cluster", "job.jar", "run");

    assertThat(words.get(0)).isEqualTo("--driver-java-options");
    assertThat(words.get(1)).contains(OPEN);
    assertThat(words.subList(2, words.size()))
        .containsExactly("--master", "spark://h:1", "--deploy-mode", "cluster", "job.jar", "run");
  }

  @Test
  void optionsOfTheUserAreKeptBehindThem() throws IOException {
    List<String> words =
        submitted(
            "--master",
            "spark://h:1",
            "--deploy-mode",
            "cluster",
            "--driver-java-options",
            "-Da=b",
            "job.jar");

    assertThat(words).filteredOn("--driver-java-options"::equals).hasSize(1);
    assertThat(words.get(5)).contains(OPEN).endsWith(" -Da=b");
  }

  @Test
  void allOthersAreHandedOnAsTheyAre() throws IOException {
    for (String[] words :
        List.of(
            new String[] {"--master", "spark://h:1", "job.jar", "run"},
            new String[] {"--master", "yarn", "--deploy-mode", "cluster", "job.jar", "run"})) {
      assertThat(submitted(words)).containsExactly(words);
    }
  }
}
