package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class StagedCheckpointTest {
  private static final UUID ID = UUID.fromString("3f2a7c1e-0000-4000-8000-000000000001");

  @TempDir Path directory;
  private Path chief;
  private Path slot;
  private Storage storage;
  private ExperimentDirectory experiment;

  @BeforeEach
  void open() throws IOException {
    chief = Files.createDirectories(directory.resolve("chief"));
    Files.createDirectories(chief.resolve("variables"));
    Files.createDirectories(chief.resolve("empty"));
    Files.writeString(chief.resolve("metadata.json"), "{}");
    Files.write(chief.resolve("variables/data"), new byte[300_000]);
    slot = Files.createDirectories(directory.resolve("slot"));
    Files.writeString(slot.resolve("cursor"), "17");
    storage = Storage.open(directory.resolve("storage").toString(), Map.of());
    experiment = storage.experiment("e");
  }

  @AfterEach
  void close() {
    storage.close();
  }

  private static List<StagedFile> uploadAll(StagedCheckpoint staged, Path chief, Path slot) {
    List<StagedFile> files = new ArrayList<>(staged.upload(chief, ""));
    files.addAll(staged.upload(slot, "state/rank-1"));
    return files;
  }

  @Test
  void whatSlotsStagedIsOneCheckpointAfterTheCommit() {
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    List<StagedFile> files = uploadAll(staged, chief, slot);
    assertThat(experiment.checkpoints()).isEmpty();

    CommittedCheckpoint committed =
        experiment.stage(ID, "g1").commit(StagedFile.decode(StagedFile.encode(files)));

    assertThat(committed.uuid()).contains(ID);
    assertThat(committed.manifest().files())
        .containsOnlyKeys("metadata.json", "state/rank-1/cursor", "variables/data")
        .containsEntry(
            "state/rank-1/cursor",
            new Manifest.Entry(
                2, "4523540f1504cd17100c4835e85b7eefd49911580f8efff0599a8f283be6b9e3"));
    committed.verify();
    assertThat(experiment.checkpoints())
        .extracting(CommittedCheckpoint::path)
        .containsExactly("file:" + directory + "/storage/e/checkpoints/" + ID);
    assertThat(directory.resolve("storage/e/checkpoints").toFile().list())
        .containsExactly(ID.toString());
  }

  @Test
  void slotsUploadAtTheSameTime() throws IOException {
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    List<CompletableFuture<List<StagedFile>>> uploads = new ArrayList<>();
    for (int rank = 0; rank < 8; rank++) {
      String target = "state/rank-" + rank;
      uploads.add(CompletableFuture.supplyAsync(() -> staged.upload(slot, target)));
    }
    List<StagedFile> files = new ArrayList<>();
    uploads.forEach(upload -> files.addAll(upload.join()));

    staged.commit(files).verify();
    assertThat(files).hasSize(8);
  }

  @ParameterizedTest
  @CsvSource({
    "hdfs, BEFORE, true",
    "hdfs, BEFORE, false",
    "hdfs, AFTER, true",
    "hdfs, AFTER, false",
    "hdfs, HALFWAY, true",
    "hdfs, HALFWAY, false",
    "objects, BEFORE, true",
    "objects, BEFORE, false",
    "objects, AFTER, true",
    "objects, AFTER, false",
    "objects, HALFWAY, true",
    "objects, HALFWAY, false"
  })
  void atEveryFailingCallACheckpointIsWholeOrAbsent(
      String scheme, FaultyFileSystem.Fault fault, boolean once) {
    String path = scheme + "://fake" + directory + "/faulty";
    int failures = 0;
    try (Storage healthy = Storage.open(path, FaultyFileSystem.healthy(scheme))) {
      ExperimentDirectory observed = healthy.experiment("e");
      for (int n = 1; n < 1000; n++) {
        UUID uuid = UUID.randomUUID();
        boolean failed = false;
        try (Storage faulty =
            Storage.open(path, FaultyFileSystem.failing(scheme, n, fault, once))) {
          StagedCheckpoint staged = faulty.experiment("e").stage(uuid, "g1");
          staged.commit(uploadAll(staged, chief, slot));
        } catch (StorageException e) {
          assertThat(e).hasMessageContaining("injected fault");
          failed = true;
        }
        boolean present = observed.checkpoint(uuid).isPresent();
        if (present) {
          CommittedCheckpoint checkpoint = observed.checkpoint(uuid).orElseThrow();
          checkpoint.verify();
          assertThat(checkpoint.manifest().files()).hasSize(3);
          checkpoint.delete();
        }
        observed.sweep();
        assertThat(directory.resolve("faulty/e/checkpoints").toFile().list()).isNullOrEmpty();
        if (!failed) {
          assertThat(present).isTrue();
          assertThat(failures).isGreaterThan(15);
          return;
        }
        failures++;
      }
    }
    throw new AssertionError("No call number let the commit pass");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hdfs", "objects", "file"})
  void aReaderNeverSeesATornCheckpointWhileOthersAreCommitted(String scheme) {
    String path = scheme + "://" + (scheme.equals("file") ? "" : "fake") + directory + "/many";
    Map<String, String> properties =
        scheme.equals("file") ? Map.of() : FaultyFileSystem.healthy(scheme);
    AtomicBoolean done = new AtomicBoolean();
    try (Storage writing = Storage.open(path, properties);
        Storage reading = Storage.open(path, properties)) {
      CompletableFuture<Integer> reader =
          CompletableFuture.supplyAsync(
              () -> {
                int seen = 0;
                while (!done.get()) {
                  List<CommittedCheckpoint> found = reading.experiment("e").checkpoints();
                  assertThat(found).hasSizeGreaterThanOrEqualTo(seen);
                  found.subList(0, Math.min(3, found.size())).forEach(CommittedCheckpoint::verify);
                  found.forEach(c -> assertThat(c.manifest().files()).hasSize(3));
                  seen = found.size();
                }
                return seen;
              });
      for (int i = 0; i < 50 && !reader.isDone(); i++) {
        StagedCheckpoint staged = writing.experiment("e").stage(UUID.randomUUID(), "g1");
        staged.commit(uploadAll(staged, chief, slot));
      }
      done.set(true);
      assertThat(reader.join()).isPositive();
      assertThat(reading.experiment("e").checkpoints()).hasSize(50);
    }
  }

  @Test
  void commitNamesWhatIsMissingLeftOverAndOfAnotherSize() throws IOException {
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    List<StagedFile> files = uploadAll(staged, chief, slot);
    Path staging = directory.resolve("storage/e/checkpoints/.staging-" + ID + "-g1");
    Files.delete(staging.resolve("metadata.json"));
    Files.writeString(staging.resolve("variables/stray"), "x");
    Files.write(staging.resolve("variables/data"), new byte[7]);

    assertThatThrownBy(() -> staged.commit(files))
        .isInstanceOf(StorageException.class)
        .hasMessage(
            "Cannot commit checkpoint file:"
                + staging
                + ": 'metadata.json' is missing; 'variables/data' has 7 bytes, 300000 were staged;"
                + " 'variables/stray' is there and was not staged");
    assertThat(experiment.checkpoints()).isEmpty();
  }

  @Test
  void commitRefusesNothingAndAFileStagedTwice() {
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    assertThatThrownBy(() -> staged.commit(List.of())).hasMessageContaining("it lists no files");

    List<StagedFile> files = staged.upload(slot, "");
    assertThatThrownBy(() -> staged.commit(List.of(files.get(0), files.get(0))))
        .hasMessageContaining("'cursor' was staged twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "objects"})
  void aSecondCommitOfTheSameNameIsRefusedAndTheFirstStays(String scheme) throws IOException {
    String path = scheme + "://" + (scheme.equals("file") ? "" : "fake") + directory + "/twice";
    try (Storage other = Storage.open(path, FaultyFileSystem.healthy("objects"))) {
      StagedCheckpoint first = other.experiment("e").stage(ID, "g1");
      first.commit(first.upload(slot, ""));
      StagedCheckpoint second = other.experiment("e").stage(ID, "g2");
      List<StagedFile> files = second.upload(chief, "late");

      assertThatThrownBy(() -> second.commit(files))
          .hasMessageContaining("there is a checkpoint of that name already");
      CommittedCheckpoint kept = other.experiment("e").checkpoint(ID).orElseThrow();
      kept.verify();
      assertThat(kept.manifest().files()).containsOnlyKeys("cursor");
    }
  }

  @Test
  void aFileIsStagedOnceInAnAttempt() {
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    staged.upload(slot, "state");

    assertThatThrownBy(() -> experiment.stage(ID, "g1").upload(slot, "state"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("it exists already");
    assertThat(experiment.stage(ID, "g2").upload(slot, "state")).hasSize(1);
  }

  @Test
  void abortLeavesNothingAndDoesNotTouchACommittedOne() {
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    staged.upload(slot, "");
    staged.abort();
    assertThat(directory.resolve("storage/e/checkpoints")).isEmptyDirectory();

    StagedCheckpoint again = experiment.stage(ID, "g2");
    again.commit(again.upload(slot, ""));
    again.abort();
    experiment.checkpoint(ID).orElseThrow().verify();
  }

  @Test
  void userMetadataIsCopiedAndInNoManifest() throws IOException {
    Files.writeString(chief.resolve("user_metadata.json"), "{\"by\": \"hook\"}");
    StagedCheckpoint staged = experiment.stage(ID, "g1");
    CommittedCheckpoint committed = staged.commit(staged.upload(chief, ""));

    assertThat(committed.manifest().files()).doesNotContainKey("user_metadata.json");
    assertThat(experiment.read("checkpoints/" + ID + "/user_metadata.json")).isPresent();
  }

  @Test
  void namesThatCannotBeStoredAreRefusedBeforeAnythingIsWritten() throws IOException {
    Path odd = Files.createDirectories(directory.resolve("odd"));
    Files.writeString(odd.resolve("12:30"), "x");
    Path reserved = Files.createDirectories(directory.resolve("reserved"));
    Files.writeString(reserved.resolve("manifest.json"), "x");
    StagedCheckpoint staged = experiment.stage(ID, "g1");

    assertThatThrownBy(() -> staged.upload(odd, "")).hasMessageContaining("U+003A");
    assertThatThrownBy(() -> staged.upload(reserved, "")).hasMessageContaining("Muster's own");
    assertThatThrownBy(() -> staged.upload(slot, "../x")).hasMessageContaining("'..'");
    assertThatThrownBy(() -> experiment.stage(ID, "a/b")).hasMessageContaining("attempt 'a/b'");
    assertThat(experiment.exists()).isFalse();
    assertThat(staged.upload(reserved, "hook")).hasSize(1);
  }

  @Test
  void linksInsideAreFollowedAndLinksThatLeadOutAreRefused() throws IOException {
    Files.createSymbolicLink(slot.resolve("alias"), Path.of("cursor"));
    assertThat(experiment.stage(ID, "g1").upload(slot, "")).hasSize(2);

    StagedCheckpoint staged = experiment.stage(ID, "g2");
    Path link = Files.createSymbolicLink(slot.resolve("out"), chief);
    assertThatThrownBy(() -> staged.upload(slot, ""))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("Cannot upload " + link + ": it is a symbolic link that leads out");
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("nowhere"));
    assertThatThrownBy(() -> staged.upload(slot, ""))
        .hasMessageContaining("it is a symbolic link to nothing");
    Files.delete(link);
    Files.createSymbolicLink(link, slot);
    assertThatThrownBy(() -> staged.upload(slot, ""))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(link.toString());
  }

  @Test
  void aMissingLocalDirectoryIsNamed() {
    assertThatThrownBy(() -> experiment.stage(ID, "g1").upload(directory.resolve("none"), ""))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(directory.resolve("none").toString());
  }
}
