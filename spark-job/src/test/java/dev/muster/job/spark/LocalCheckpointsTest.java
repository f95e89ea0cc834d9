package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.checkpoint.StagedCheckpoint;
import dev.muster.job.checkpoint.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCheckpointsTest {
  private static final UUID ID = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  private Path scratch;
  private String path;

  @BeforeEach
  void commitACheckpoint() throws IOException {
    scratch = Files.createDirectory(folder.resolve("scratch"));
    Path content = Files.createDirectories(folder.resolve("content"));
    Files.writeString(content.resolve("custom.log"), "7");
    try (Storage storage = Storage.open(folder.resolve("store").toUri().toString(), Map.of())) {
      StagedCheckpoint staged = storage.experiment("e").stage(ID, "leg-1");
      path = staged.commit(staged.upload(content, "")).path();
    }
  }

  private LocalCheckpoints.Lease fetch() throws Exception {
    return LocalCheckpoints.fetch(ID.toString(), path, Map.of(), scratch, LIMIT);
  }

  private long copies() throws IOException {
    try (Stream<Path> directories = Files.list(scratch)) {
      return directories.count();
    }
  }

  @Test
  void slotsOfOneProcessShareACopyWhichTheLastOfThemDeletes() throws Exception {
    LocalCheckpoints.Lease first = fetch();
    LocalCheckpoints.Lease second = fetch();
    assertThat(second.directory()).isEqualTo(first.directory());
    assertThat(first.directory()).hasFileName(ID.toString());
    first.close();
    assertThat(second.directory().resolve("custom.log")).hasContent("7");
    second.close();
    assertThat(copies()).isZero();
  }

  @Test
  void laterUseFetchesAgain() throws Exception {
    fetch().close();
    try (LocalCheckpoints.Lease again = fetch()) {
      assertThat(again.directory().resolve("custom.log")).hasContent("7");
    }
    assertThat(copies()).isZero();
  }

  @Test
  void downloadThatFailsLeavesNothingAndCanBeTriedAgain() throws Exception {
    Path file = Path.of(java.net.URI.create(path)).resolve("custom.log");
    Files.writeString(file, "8");
    assertThatThrownBy(this::fetch).hasMessageContaining("'custom.log' of checkpoint");
    assertThat(copies()).isZero();
    Files.writeString(file, "7");
    try (LocalCheckpoints.Lease again = fetch()) {
      assertThat(again.directory().resolve("custom.log")).hasContent("7");
    }
  }
}
