package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

@Timeout(180)
class ExperimentDirectoryTest {
  @TempDir Path directory;
  private Storage storage;
  private ExperimentDirectory experiment;
  private Path local;

  @BeforeEach
  void open() {
    storage = Storage.open(directory.resolve("storage").toString(), Map.of());
    experiment = storage.experiment("exp-1");
    local = directory.resolve("storage/exp-1");
  }

  @AfterEach
  void close() {
    storage.close();
  }

  @Test
  void isCreatedOnceAndNeverOverAnotherExperiment() {
    assertThat(experiment.exists()).isFalse();
    experiment.create();
    assertThat(experiment.exists()).isTrue();
    experiment.create();
    experiment.write("experiment.yaml", new byte[] {1});

    assertThatThrownBy(experiment::create)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("it holds 1 entries already, among them 'experiment.yaml'");
  }

  @Test
  void anIdIsOneName() {
    assertThatThrownBy(() -> storage.experiment("../other"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void filesAreWrittenReplacedAndRead() {
    assertThat(experiment.read("result.json")).isEmpty();
    experiment.write("result.json", new byte[] {1});
    experiment.write("result.json", new byte[] {2, 3});
    experiment.write("tensorboard/1/events", new byte[0]);

    assertThat(experiment.read("result.json")).contains(new byte[] {2, 3});
    assertThat(experiment.read("tensorboard/1/events")).contains(new byte[0]);
    assertThat(local.toFile().list()).containsExactlyInAnyOrder("result.json", "tensorboard");
    assertThatThrownBy(() -> experiment.write("../x", new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aStopIsAFile() throws IOException {
    experiment.create();
    assertThat(experiment.stopRequested()).isFalse();
    Files.createFile(local.resolve("stop"));
    assertThat(experiment.stopRequested()).isTrue();
    experiment.delete(ExperimentDirectory.STOP_FILE_NAME);
    assertThat(experiment.stopRequested()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "hdfs, BEFORE", "hdfs, AFTER", "hdfs, HALFWAY",
    "objects, BEFORE", "objects, AFTER", "objects, HALFWAY"
  })
  void aFailedWriteLeavesTheOldFileOrTheNewOne(String scheme, FaultyFileSystem.Fault fault)
      throws IOException {
    byte[] old = new byte[1000];
    byte[] fresh = new byte[2000];
    Arrays.fill(fresh, (byte) 1);
    int failures = 0;
    for (int n = 1; ; n++) {
      experiment.write("result.json", old);
      Map<String, String> properties = FaultyFileSystem.failing(scheme, n, fault, false);
      try (Storage faulty = Storage.open(scheme + "://fake" + directory + "/storage", properties)) {
        faulty.experiment("exp-1").write("result.json", fresh);
        break;
      } catch (StorageException e) {
        failures++;
        assertThat(e).hasMessageContaining("injected fault");
        assertThat(Files.readAllBytes(local.resolve("result.json"))).isIn(old, fresh);
      }
      experiment.sweep();
      assertThat(local.toFile().list()).containsExactly("result.json");
    }
    assertThat(failures).isGreaterThan(2);
    assertThat(Files.readAllBytes(local.resolve("result.json"))).isEqualTo(fresh);
  }

  @Test
  void aReaderNeverSeesHalfAFileOrNone() {
    byte[][] versions = {new byte[10_000], new byte[70_000]};
    Arrays.fill(versions[1], (byte) 1);
    experiment.write("result.json", versions[0]);
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Integer> reader =
        CompletableFuture.supplyAsync(
            () -> {
              int reads = 0;
              while (!done.get() || reads == 0) {
                assertThat(experiment.read("result.json").orElseThrow()).isIn((Object[]) versions);
                reads++;
              }
              return reads;
            });
    for (int i = 0; i < 200; i++) {
      experiment.write("result.json", versions[i % 2]);
    }
    done.set(true);
    assertThat(reader.join()).isPositive();
  }

  @Test
  void checkpointsPassesOverWhatIsNone() throws IOException {
    UUID good = commit("good");
    UUID torn = commit("torn");
    Path manifest = local.resolve("checkpoints/" + torn + "/manifest.json");
    Files.write(manifest, Arrays.copyOf(Files.readAllBytes(manifest), 20));
    Files.createDirectories(local.resolve("checkpoints/" + UUID.randomUUID()));
    Files.createDirectories(local.resolve("checkpoints/notes"));
    Files.createFile(local.resolve("checkpoints/" + UUID.randomUUID()));
    experiment.stage(UUID.randomUUID(), "0").upload(source("half"), "");

    assertThat(experiment.checkpoints())
        .extracting(c -> c.uuid().orElseThrow())
        .containsExactly(good);
    assertThat(experiment.checkpoint(good)).isPresent();
    assertThat(experiment.checkpoint(UUID.randomUUID())).isEmpty();
    assertThatThrownBy(() -> experiment.checkpoint(torn))
        .isInstanceOf(CorruptCheckpointException.class);
  }

  @Test
  void sweepDeletesWhatBrokenAttemptsLeftAndNothingElse() throws IOException {
    UUID good = commit("good");
    Path checkpoints = local.resolve("checkpoints");
    experiment.stage(UUID.randomUUID(), "0").upload(source("half"), "");
    Path unfinished = Files.createDirectories(checkpoints.resolve(UUID.randomUUID() + "/state"));
    Path newer = Files.createDirectories(checkpoints.resolve(UUID.randomUUID().toString()));
    Files.writeString(newer.resolve("manifest.json"), "{\"version\": 2}");
    Path notes = Files.createDirectories(checkpoints.resolve("notes"));
    Files.createFile(local.resolve(".result.json.1.writing"));
    Files.createFile(local.resolve(".hidden"));

    assertThat(experiment.sweep()).isEqualTo(3);
    assertThat(experiment.sweep()).isZero();
    assertThat(unfinished.getParent()).doesNotExist();
    assertThat(checkpoints.toFile().list())
        .containsExactlyInAnyOrder(
            good.toString(), newer.getFileName().toString(), notes.getFileName().toString());
    assertThat(local.toFile().list()).containsExactlyInAnyOrder("checkpoints", ".hidden");
  }

  @Test
  void anUnreachableStorageIsNotAnEmptyOne() {
    Map<String, String> properties =
        FaultyFileSystem.failing("hdfs", 1, FaultyFileSystem.Fault.BEFORE, false);
    try (Storage faulty = Storage.open("hdfs://fake" + directory + "/storage", properties)) {
      ExperimentDirectory unreachable = faulty.experiment("exp-1");
      assertThatThrownBy(unreachable::checkpoints).isInstanceOf(StorageException.class);
      assertThatThrownBy(unreachable::exists).isInstanceOf(StorageException.class);
      assertThatThrownBy(unreachable::stopRequested).isInstanceOf(StorageException.class);
      assertThatThrownBy(() -> unreachable.read("result.json"))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("result.json");
    }
  }

  private UUID commit(String name) throws IOException {
    UUID uuid = UUID.randomUUID();
    StagedCheckpoint staged = experiment.stage(uuid, "0");
    List<StagedFile> files = staged.upload(source(name), "");
    staged.commit(files);
    return uuid;
  }

  private Path source(String name) throws IOException {
    Path source = Files.createDirectories(directory.resolve("source-" + name));
    Files.writeString(source.resolve("metadata.json"), "{}");
    return source;
  }
}
