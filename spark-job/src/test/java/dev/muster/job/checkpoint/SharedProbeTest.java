package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class SharedProbeTest {
  @TempDir Path directory;

  private Storage storage(String scheme, Map<String, String> properties) {
    return Storage.open(
        scheme + "://" + (scheme.equals("file") ? "" : "fake") + directory, properties);
  }

  private static Map<String, String> properties(String scheme) {
    return scheme.equals("file") ? Map.of() : FaultyFileSystem.healthy(scheme);
  }

  private Path onDisk(SharedProbe probe) {
    return directory.resolve(Path.of(probe.directory()).getFileName()).resolve("driver");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "hdfs", "objects"})
  void whoSeesTheSameStorageFindsItAndNothingIsLeft(String scheme) {
    Map<String, String> properties = properties(scheme);
    try (Storage storage = storage(scheme, properties)) {
      try (SharedProbe probe = storage.share()) {
        assertThat(onDisk(probe)).hasBinaryContent(probe.nonce());
        SharedProbe.find(probe.directory(), probe.nonce(), "rank-0", properties);
        SharedProbe.find(probe.directory(), probe.nonce(), "rank-1", properties);
        assertThat(Objects.requireNonNull(onDisk(probe).getParent()).toFile().list())
            .containsExactly("driver");
      }
    }
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "hdfs"})
  void whoHasAnotherDiskIsToldSoAndLeavesNothing(String scheme) throws IOException {
    try (Storage storage = storage(scheme, properties(scheme));
        SharedProbe probe = storage.share()) {
      Files.delete(onDisk(probe));
      Files.delete(onDisk(probe).getParent());
      assertThatThrownBy(
              () -> SharedProbe.find(probe.directory(), probe.nonce(), "r", properties(scheme)))
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith("Cannot read " + probe.directory() + "/driver as user ")
          .hasMessageContaining(": the driver wrote it, and here there is no such file; ")
          .hasMessageEndingWith(
              scheme.equals("file")
                  ? "set checkpoint_storage.path to a path that all hosts share (an NFS mount), or to hdfs://…"
                  : "spark.hadoop.* settings with spark-submit");
      assertThat(directory).isEmptyDirectory();
    }
  }

  @Test
  void aFileOfOtherBytesIsAnotherStorage() throws IOException {
    try (Storage storage = storage("file", Map.of());
        SharedProbe probe = storage.share()) {
      Files.write(onDisk(probe), new byte[32]);
      assertThatThrownBy(() -> SharedProbe.find(probe.directory(), probe.nonce(), "r", Map.of()))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("expected the 32 bytes that the driver wrote, found 32 others; ");
    }
  }

  @Test
  void whoMayReadButNotWriteIsToldSo() {
    try (Storage storage = storage("hdfs", properties("hdfs"));
        SharedProbe probe = storage.share()) {
      assertThatThrownBy(
              () ->
                  SharedProbe.find(
                      probe.directory(), probe.nonce(), "r", FaultyFileSystem.readOnly("hdfs")))
          .isInstanceOf(StorageException.class)
          .hasMessageStartingWith("Cannot write " + probe.directory() + "/r.writing as user ")
          .hasMessageContaining("choose a path that can be written");
    }
  }

  @Test
  void everyActThatFailsIsNamed() {
    int failures = 0;
    try (Storage storage = storage("hdfs", properties("hdfs"));
        SharedProbe probe = storage.share()) {
      for (int n = 1; n < 100; n++) {
        Map<String, String> faulty =
            new HashMap<>(FaultyFileSystem.failing("hdfs", n, FaultyFileSystem.Fault.BEFORE, true));
        try {
          SharedProbe.find(probe.directory(), probe.nonce(), "r" + n, faulty);
          break;
        } catch (StorageException e) {
          failures++;
          assertThat(e)
              .hasMessageStartingWith("Cannot ")
              .hasMessageContaining(probe.directory())
              .hasMessageContaining("injected fault");
        }
      }
    }
    assertThat(failures).isGreaterThan(4);
    assertThat(directory).isEmptyDirectory();
  }
}
