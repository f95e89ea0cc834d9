package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.SkipReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDirectoryTest {
  @TempDir Path folder;

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void aNewOneAndOneOfOursAreOursAlone() throws IOException {
    Path directory = folder.resolve("a/b");
    assertThat(PrivateDirectory.make(directory)).isEmpty();
    assertThat(mode(directory)).isEqualTo("rwx------");

    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(PrivateDirectory.make(directory)).isEmpty();
    assertThat(mode(directory)).isEqualTo("rwx------");
  }

  @Test
  void oneOfAnotherUserIsRefused() throws IOException {
    SkipReason.unless("root".equals(System.getProperty("user.name")), "only root can give files");
    Path directory = Files.createDirectory(folder.resolve("theirs"));
    Files.setAttribute(directory, "unix:uid", 65534);

    assertThat(PrivateDirectory.make(directory))
        .hasValueSatisfying(
            problem ->
                assertThat(problem)
                    .startsWith(directory + " belongs to user ")
                    .endsWith("set spark.local.dir to a directory of yours"));
  }
}
