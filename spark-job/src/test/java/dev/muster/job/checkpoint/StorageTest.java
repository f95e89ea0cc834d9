package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class StorageTest {
  private static final Map<String, String> NONE = Map.of();

  @TempDir Path directory;

  @Test
  void barePathIsOneOfThisMachine() {
    try (Storage storage = Storage.open(directory + "/with space/x", NONE)) {
      assertThat(storage.path()).isEqualTo("file:" + directory + "/with space/x");
    }
    try (Storage storage = Storage.open("relative", NONE)) {
      assertThat(storage.path()).isEqualTo("file:" + Path.of("relative").toAbsolutePath());
    }
    try (Storage storage = Storage.open("relative", Map.of("fs.defaultFS", "hdfs://127.0.0.1:1"))) {
      assertThat(storage.path()).startsWith("file:/");
    }
  }

  @Test
  void anotherMachineGetsWhatTheConfigurationFilesAndTheUserSet() throws Exception {
    Files.writeString(
        directory.resolve("core-site.xml"),
        """
        <configuration>
          <property><name>dfs.nameservices</name><value>main</value></property>
          <property><name>a.user</name><value>${user.name}</value></property>
          <property><name>io.file.buffer.size</name><value>1</value></property>
        </configuration>
        """);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader files = new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
      thread.setContextClassLoader(files);
      try (Storage storage =
          Storage.open("file:" + directory, Map.of("io.file.buffer.size", "2", "mine", "3"))) {
        assertThat(storage.hadoopProperties())
            .containsEntry("dfs.nameservices", "main")
            .containsEntry("a.user", "${user.name}")
            .containsEntry("io.file.buffer.size", "2")
            .containsEntry("mine", "3")
            .doesNotContainKey("fs.trash.interval");
      }
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** As HDFS' client throws it when a stream is closed that could not be written. */
  @Test
  void dataNodesThatTakeNoBlocksAreTheCause() {
    IOException cause = new IOException("File /a could only be written to 0 of the 1 nodes.");
    assertThat(
            Failures.because(
                "write",
                "/a",
                new IllegalArgumentException("Self-suppression not permitted", cause)))
        .hasMessage(
            "Cannot write /a as user %s: no data node takes its blocks (File /a could only be written to 0 of the 1 nodes.); look at the data nodes (hdfs dfsadmin -report): their disks may be full, or this host may not reach them",
            Failures.user());
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "hdfs", "objects"})
  void probeOfAWritableStoragePassesAndLeavesNothing(String scheme) {
    Map<String, String> properties =
        scheme.equals("file") ? NONE : FaultyFileSystem.healthy(scheme);
    try (Storage storage =
        Storage.open(scheme + "://" + authority(scheme) + directory, properties)) {
      storage.probe();
    }
    assertThat(directory).isEmptyDirectory();
  }

  private static String authority(String scheme) {
    return scheme.equals("file") ? "" : "fake";
  }

  @Test
  void probeNamesTheActThatFailed() {
    int failures = 0;
    for (int n = 1; n < 100; n++) {
      Map<String, String> properties =
          FaultyFileSystem.failing("hdfs", n, FaultyFileSystem.Fault.BEFORE, true);
      try (Storage storage = Storage.open("hdfs://fake" + directory, properties)) {
        storage.probe();
        break;
      } catch (StorageException e) {
        failures++;
        assertThat(e)
            .hasMessageStartingWith("Cannot ")
            .hasMessageContaining("hdfs://fake" + directory + "/.muster-probe-")
            .hasMessageContaining("injected fault");
      }
    }
    assertThat(failures).isGreaterThan(8);
  }

  @ParameterizedTest
  @CsvSource({
    "mkdirs, Cannot create directory hdfs://fake",
    "create, Cannot write hdfs://fake",
    "read,   Cannot read hdfs://fake",
    "rename, Cannot rename hdfs://fake",
    "list,   Cannot list hdfs://fake",
    "delete, Cannot delete hdfs://fake"
  })
  void probeNamesTheVerbThatIsForbiddenAndTheCure(String verb, String message) throws IOException {
    try (Storage storage =
        Storage.open("hdfs://fake" + directory, FaultyFileSystem.refusing("hdfs", verb))) {
      assertThatThrownBy(storage::probe)
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith(message)
          .hasMessageContaining("/.muster-probe-")
          .hasMessageContaining(" as user " + user() + ": permission denied (Permission denied: ")
          .hasMessageEndingWith(
              "let this user write there (hdfs dfs -chown or -chmod), or choose another path");
    }
  }

  @Test
  void freeSpaceIsWhatTheFileSystemTells() throws IOException {
    try (Storage storage = Storage.open(directory + "/not/yet/there", NONE)) {
      long told = storage.freeBytes().orElseThrow();
      long free = Files.getFileStore(directory).getUsableSpace();
      assertThat(told).isCloseTo(free, org.assertj.core.data.Percentage.withPercentage(10));
    }
  }

  @Test
  void probeBelowARegularFileSaysSo() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    try (Storage storage = Storage.open(file + "/below", NONE)) {
      assertThatThrownBy(storage::probe)
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith("Cannot create directory file:" + file + "/below/.muster-probe-")
          .hasMessageContaining("a part of the path is a file, not a directory")
          .hasMessageContaining("as user " + user());
    }
  }

  @Test
  void probeOfAReadOnlyStorageSaysSo() {
    try (Storage storage =
        Storage.open("hdfs://fake" + directory, FaultyFileSystem.readOnly("hdfs"))) {
      assertThatThrownBy(storage::probe)
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith("Cannot create directory hdfs://fake" + directory)
          .hasMessageContaining("the file system is mounted read-only");
    }
  }

  @Test
  void unknownSchemeIsRefusedWithTheCure() {
    assertThatThrownBy(() -> Storage.open("nosuch://host/path", NONE))
        .isInstanceOf(StorageException.class)
        .hasMessageStartingWith("Cannot open 'nosuch://host/path'")
        .hasMessageContaining("no file system for this scheme")
        .hasMessageContaining("--packages");
  }

  @Test
  void missingConnectorIsRefusedWithTheCure() {
    assertThatThrownBy(() -> Storage.open("s3a://bucket/path", NONE))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("no file system for this scheme")
        .hasMessageContaining("hadoop-aws");
  }

  @Test
  void hostThatDoesNotExistIsNamed() {
    assertThatThrownBy(
            () -> {
              try (Storage storage = Storage.open("hdfs://nosuch.invalid:8020/x", NONE)) {
                storage.probe();
              }
            })
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("nosuch.invalid")
        .hasMessageContaining("no such host")
        .hasMessageContaining("HADOOP_CONF_DIR");
  }

  @Test
  void hdfsPathWithoutAHostSaysWhatIsMissing() {
    assertThatThrownBy(() -> Storage.open("hdfs:///x", Map.of("fs.defaultFS", "file:///")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("fs.defaultFS");
  }

  @Test
  @Timeout(30)
  void unreachableNameNodeFailsWithinSecondsWithItsAddress() throws IOException {
    long start = System.nanoTime();
    try (Storage storage = Storage.open("hdfs://127.0.0.1:1/x", NONE)) {
      assertThatThrownBy(storage::probe)
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith("Cannot create directory hdfs://127.0.0.1:1/x/.muster-probe-")
          .hasMessageContaining("nothing answers at ")
          .hasMessageContaining("as user " + user());
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  @Timeout(30)
  void serverThatNeverAnswersFailsByTheDeadline() throws IOException {
    try (java.net.ServerSocket deaf =
            new java.net.ServerSocket(0, 10, java.net.InetAddress.getLoopbackAddress());
        Storage storage = Storage.open("hdfs://127.0.0.1:" + deaf.getLocalPort() + "/x", NONE)) {
      long start = System.nanoTime();
      assertThatThrownBy(storage::probe)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("127.0.0.1:" + deaf.getLocalPort())
          .hasMessageContaining("no answer");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }
  }

  @Test
  void readsAFileOfAnyPath() throws IOException {
    Path file = Files.writeString(directory.resolve("e.yaml"), "name: x");
    byte[] content = "name: x".getBytes(StandardCharsets.UTF_8);

    assertThat(Storage.readFile(file.toString(), NONE, 7)).isEqualTo(content);
    assertThat(Storage.readFile(file.toUri().toString(), NONE, 7)).isEqualTo(content);
    assertThat(Storage.readFile("hdfs://fake" + file, FaultyFileSystem.healthy("hdfs"), 1000))
        .isEqualTo(content);
  }

  @Test
  void readFileSaysWhatIsWrong() throws IOException {
    Path file = Files.writeString(directory.resolve("e.yaml"), "name: x");

    assertThatThrownBy(() -> Storage.readFile(directory + "/missing", NONE, 7))
        .hasMessage(
            "Cannot read file:" + directory + "/missing: there is no such file; correct the path");
    assertThatThrownBy(() -> Storage.readFile(directory.toString(), NONE, 7))
        .hasMessage("Cannot read file:" + directory + ": it is a directory");
    assertThatThrownBy(() -> Storage.readFile(file.toString(), NONE, 6))
        .hasMessage("Cannot read file:" + file + ": it has 7 bytes, at most 6 expected");
  }

  private static String user() throws IOException {
    return UserGroupInformation.getCurrentUser().getShortUserName();
  }
}
