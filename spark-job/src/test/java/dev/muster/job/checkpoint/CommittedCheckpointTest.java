package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CommittedCheckpointTest {
  private static final Map<String, String> NONE = Map.of();
  private static final UUID ID = UUID.fromString("3f2a7c1e-0000-4000-8000-000000000001");

  @TempDir Path directory;
  private Path source;
  private Path stored;
  private Storage storage;
  private CommittedCheckpoint checkpoint;

  @BeforeEach
  void commit() throws IOException {
    source = Files.createDirectories(directory.resolve("source"));
    Files.createDirectories(source.resolve("variables"));
    byte[] data = new byte[600_000];
    Arrays.fill(data, (byte) 7);
    Files.write(source.resolve("variables/data"), data);
    Files.writeString(source.resolve("metadata.json"), "abc");
    Files.writeString(source.resolve("zero"), "");
    storage = Storage.open(directory.resolve("storage").toString(), NONE);
    StagedCheckpoint staged = storage.experiment("e").stage(ID, "g1");
    checkpoint = staged.commit(staged.upload(source, ""));
    stored = directory.resolve("storage/e/checkpoints/" + ID);
  }

  @AfterEach
  void close() {
    storage.close();
  }

  @Test
  void aFetchedCopyHasTheSameFilesAndIsACheckpointItself() throws IOException {
    Files.writeString(stored.resolve("user_metadata.json"), "{}");
    Path copy = directory.resolve("some/copy");

    checkpoint.fetch(copy);

    for (String file : checkpoint.manifest().files().keySet()) {
      assertThat(copy.resolve(file)).hasSameBinaryContentAs(source.resolve(file));
    }
    assertThat(copy.resolve("user_metadata.json")).hasContent("{}");
    try (CommittedCheckpoint opened = CommittedCheckpoint.open(copy.toString(), NONE)) {
      opened.verify();
      assertThat(opened.manifest()).isEqualTo(checkpoint.manifest());
      assertThat(opened.uuid()).isEmpty();
      assertThat(opened.path()).isEqualTo("file:" + copy);
    }
  }

  @Test
  void someFilesAreFetchedAndOneIsRead() {
    Path copy = directory.resolve("copy");

    checkpoint.fetch(copy, file -> file.startsWith("variables/"));

    assertThat(copy.toFile().list()).containsExactly("variables");
    assertThat(checkpoint.read("metadata.json")).asString().isEqualTo("abc");
    assertThatThrownBy(() -> checkpoint.read("other"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("its manifest does not list it");
  }

  @Test
  void noHadoopSideFilesLieBesideTheFiles() {
    assertThat(stored.toFile().list())
        .containsExactlyInAnyOrder("manifest.json", "metadata.json", "variables", "zero");
  }

  @Test
  void aTruncatedFileIsNamedWithBothSizes() throws IOException {
    Files.write(stored.resolve("variables/data"), new byte[599_999]);

    assertBad("Cannot read 'variables/data'", "it has 599999 bytes, 600000 expected");
    assertThat(directory.resolve("copy/variables/data")).doesNotExist();
    assertThat(directory.resolve("copy/manifest.json")).doesNotExist();
  }

  @Test
  void aFileWithOneFlippedBitIsNamedWithBothChecksums() throws IOException {
    byte[] data = Files.readAllBytes(stored.resolve("metadata.json"));
    data[1] ^= 1;
    Files.write(stored.resolve("metadata.json"), data);

    assertBad(
        "Cannot read 'metadata.json' of checkpoint file:" + stored,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad expected");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Files.delete(stored.resolve("zero"));

    assertBad("Cannot read 'zero'", "it is missing, 0 bytes expected");
  }

  private void assertBad(String subject, String fact) {
    assertThatThrownBy(checkpoint::verify)
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageStartingWith(subject)
        .hasMessageContaining(fact);
    assertThatThrownBy(() -> checkpoint.fetch(directory.resolve("copy")))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageStartingWith(subject)
        .hasMessageContaining(fact);
  }

  @Test
  void aDirectoryWithoutAManifestIsNoCheckpoint() throws IOException {
    Files.delete(stored.resolve("manifest.json"));

    assertThatThrownBy(() -> CommittedCheckpoint.open(stored.toString(), NONE))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessage(
            "Cannot open checkpoint file:"
                + stored
                + ": it has no manifest.json, so it is no checkpoint or one that was never"
                + " committed");
    assertThatThrownBy(() -> CommittedCheckpoint.open(directory + "/none", NONE))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageEndingWith("there is no such directory");
  }

  @Test
  void aBadManifestIsNamedWithItsFault() throws IOException {
    Files.writeString(stored.resolve("manifest.json"), "{\"version\": 2, \"files\": {}}");

    assertThatThrownBy(() -> CommittedCheckpoint.open(stored.toString(), NONE))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("manifest.json: its version is 2, this Muster reads version 1");
  }

  @Test
  void anUnreadableStorageIsNotACorruptCheckpoint() {
    Map<String, String> properties =
        FaultyFileSystem.failing("hdfs", 3, FaultyFileSystem.Fault.BEFORE, false);

    try (CommittedCheckpoint unreadable =
        CommittedCheckpoint.open("hdfs://fake" + stored, properties)) {
      assertThatThrownBy(unreadable::verify)
          .isInstanceOf(StorageException.class)
          .isNotInstanceOf(CorruptCheckpointException.class)
          .hasMessageContaining("Cannot copy hdfs://fake" + stored + "/metadata.json");
    }
  }

  @Test
  void aDeletedCheckpointIsGone() {
    checkpoint.delete();

    assertThat(stored).doesNotExist();
    assertThat(storage.experiment("e").checkpoints()).isEmpty();
  }
}
