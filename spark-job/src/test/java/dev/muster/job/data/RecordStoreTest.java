package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordStoreTest {
  @TempDir Path parent;

  private long files() throws IOException {
    try (Stream<Path> files = Files.walk(parent)) {
      return files.filter(path -> !path.equals(parent)).count();
    }
  }

  @Test
  void recordsAreFoundByArithmetic() {
    try (RecordStore store = Records.store(parent, 11, 4, 1, 2)) {
      ByteBuffer two = ByteBuffer.allocate(2 * Records.LAYOUT.stride());
      store.read(store.partition(3), store.index(3), two);

      assertThat(two.array())
          .containsExactly(
              java.util.Arrays.copyOf(Records.partition(11, 4, 3), 2 * Records.LAYOUT.stride()));
      store.checkSlot(1, 2);
      assertThatThrownBy(() -> store.checkSlot(0, 2)).hasMessageContaining("partition 0 of 4");
      assertThatThrownBy(() -> store.checkSlot(0, 3)).hasMessageContaining("partition 0 of 4");
    }
  }

  @Test
  void closedStoreLeavesNothing() throws IOException {
    RecordStore store = Records.store(parent, 11, 4, 0, 1);
    assertThat(files()).isEqualTo(5);
    try (Stream<Path> made = Files.list(parent)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.toList().get(0))))
          .isEqualTo("rwx------");
    }

    store.close();
    store.close();

    assertThat(files()).isZero();
  }

  @Test
  void otherBytesThanEncodedAreRefused() {
    byte[] bytes = Records.partition(11, 2, 0);
    long checksum = Records.checksum(bytes);
    bytes[5]++;
    try (RecordStore store = RecordStore.create(parent, Records.LAYOUT, 11, 2)) {
      assertThatThrownBy(() -> store.write(0, List.of(bytes).iterator(), checksum))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("partition-0")
          .hasStackTraceContaining("expected CRC-32C");
      assertThatThrownBy(() -> store.write(1, List.of(bytes).iterator(), checksum))
          .hasStackTraceContaining("expected 80 bytes, found 96");
    }
  }

  @Test
  void emptyPartitionIsWritten() {
    try (RecordStore store = Records.store(parent, 2, 4, 0, 1)) {
      store.checkSlot(3, 4);
    }
  }
}
