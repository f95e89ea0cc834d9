package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostCheckTest {
  private static final String LINUX = "Linux-amd64";

  @TempDir Path directory;

  private List<String> problems(
      String architecture, Optional<Integer> glibc, Optional<Integer> glibcxx) {
    return new HostCheck(
            architecture,
            glibc,
            glibcxx,
            directory.resolve("cache"),
            700,
            directory.resolve("mounts"))
        .problems();
  }

  private List<String> problemsOfCache(Path cache) {
    return problemsOfCache(cache, 700);
  }

  private List<String> problemsOfCache(Path cache, int mib) {
    return new HostCheck(
            LINUX, Optional.of(36), Optional.of(30), cache, mib, directory.resolve("mounts"))
        .problems();
  }

  @Test
  void hostOfTheNeededVersionsHasNoProblem() {
    assertThat(problems(LINUX, Optional.of(34), Optional.of(29))).isEmpty();
    assertThat(directory.resolve("cache")).isEmptyDirectory();
  }

  @Test
  void unknownGlibcIsLeftToTheLoader() {
    assertThat(problems(LINUX, Optional.empty(), Optional.of(29))).isEmpty();
  }

  @Test
  void thisHostPasses() {
    assertThat(HostCheck.here(directory.resolve("here")).problems()).isEmpty();
  }

  @Test
  void otherArchitectureIsTheOnlyProblemTold() {
    assertThat(problems("Linux-aarch64", Optional.of(17), Optional.empty()))
        .containsExactly(
            "TensorFlow's library in the job jar needs Linux on x86-64; found Linux-aarch64; run the"
                + " job on such hosts");
  }

  @Test
  void oldGlibc() {
    assertThat(problems(LINUX, Optional.of(28), Optional.of(29)))
        .containsExactly(
            "TensorFlow Java needs glibc 2.34 or later; found 2.28; use an image or hosts of a newer"
                + " distribution (RHEL 9, Debian 12, Ubuntu 22.04)");
  }

  @Test
  void missingLibstdcxx() {
    assertThat(problems(LINUX, Optional.of(36), Optional.empty()))
        .containsExactly(
            "TensorFlow Java needs libstdc++.so.6; found none; install it (Debian, Ubuntu: apt-get"
                + " install libstdc++6; RHEL: dnf install libstdc++)");
  }

  @Test
  void oldLibstdcxx() {
    assertThat(problems(LINUX, Optional.of(36), Optional.of(25)))
        .containsExactly(
            "TensorFlow Java needs a libstdc++ with GLIBCXX_3.4.29; found up to 3.4.25; use an image"
                + " or hosts of a newer distribution");
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThat(problems(LINUX, Optional.of(28), Optional.of(25))).hasSize(2);
  }

  @Test
  void cacheThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "no directory");
    assertThat(problemsOfCache(file.resolve("cache")))
        .singleElement()
        .asString()
        .startsWith(
            "TensorFlow's libraries need a directory to unpack to (700 MB, writable, not mounted"
                + " noexec); cannot write to "
                + file.resolve("cache"))
        .endsWith(
            "; set spark.local.dir (on YARN: yarn.nodemanager.local-dirs) to a disk with room");
  }

  @Test
  void cacheWithoutRoom() {
    Path cache = directory.resolve("cache");
    assertThat(problemsOfCache(cache, Integer.MAX_VALUE))
        .singleElement()
        .asString()
        .matches(
            "TensorFlow's libraries need a directory to unpack to \\(2147483647 MB, writable, not"
                + " mounted noexec\\); found \\d+ MB free in \\Q"
                + cache
                + "\\E; set spark\\.local\\.dir .*");
  }

  @Test
  void librariesForGpusNeedMoreRoom() throws IOException {
    Path folder = directory.resolve("jar/org/tensorflow/internal/c_api/linux-x86_64-gpu");
    Files.writeString(
        Files.createDirectories(folder).resolve("libtensorflow_cc.so.2"), "a library");
    try (URLClassLoader withGpu =
            new URLClassLoader(new URL[] {directory.resolve("jar").toUri().toURL()}, null);
        URLClassLoader without = new URLClassLoader(new URL[0], null)) {
      assertThat(HostCheck.unpackedMib(withGpu)).isEqualTo(1400);
      assertThat(HostCheck.unpackedMib(without)).isEqualTo(700);
    }
  }

  @Test
  void cacheThatIsMountedNoexec() throws IOException {
    Path cache = Files.createDirectories(directory.resolve("a b/cache")).toRealPath();
    Path mount = Objects.requireNonNull(cache.getParent());
    Files.writeString(
        directory.resolve("mounts"),
        """
        / / ext4 rw,noexec 0 0
        tmpfs %s tmpfs rw,relatime 0 0
        tmpfs %s tmpfs rw,nosuid,noexec 0 0
        """
            .formatted(directory.toRealPath(), mount.toString().replace(" ", "\\040")));
    assertThat(problemsOfCache(cache))
        .singleElement()
        .asString()
        .contains("; found " + cache + " mounted noexec; set spark.local.dir");
    assertThat(problemsOfCache(directory.resolve("cache")))
        .describedAs("the nearest mount counts")
        .isEmpty();
  }
}
