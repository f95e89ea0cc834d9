package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.muster.trial.data.Column;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TInt64;

/** What is said when a slot's local files are cut off, changed, deleted, or do not fit the disk. */
class DamagedStoreTest {
  private static final RecordLayout VARIABLE =
      RecordLayout.of(List.of(new Column("x", Column.Role.FEATURE, TInt64.class, Shape.of(-1))));

  @TempDir Path parent;

  /** Record i has the elements i, i, … as many as i mod 4. */
  private RecordStore variable(int records) {
    RecordOutput out = new RecordOutput(VARIABLE.frame());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < records; i++) {
      out.begin();
      out.buffer().putInt(out.at(0), i % 4);
      ByteBuffer tail = out.tail(8L * (i % 4));
      for (int e = 0; e < i % 4; e++) {
        tail.putLong(i);
      }
      bytes.write(out.array(), 0, out.length());
    }
    RecordStore store = RecordStore.create(parent, VARIABLE, records, 1);
    store.write(0, List.of(bytes.toByteArray()).iterator(), Records.checksum(bytes.toByteArray()));
    return store;
  }

  private Path file(String name) throws IOException {
    try (Stream<Path> files = Files.walk(parent)) {
      return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
    }
  }

  private static void change(Path file, long at, long value) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(8).putLong(0, value), at);
    }
  }

  private static void cut(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  private static SlotBatches batches(RecordStore store, int records) {
    GlobalOrder order = new GlobalOrder(records, 1, false, 0);
    return SlotBatches.training(store.layout(), order, store, 0, 1, 5, false, Position.START);
  }

  @Test
  void wholeFilesAreReadWhateverTheLengths() {
    try (RecordStore store = variable(8);
        SlotBatches batches = batches(store, 8)) {
      TInt64 x = (TInt64) Objects.requireNonNull(batches.next().tensors().get("x"));
      assertThat(x.shape()).isEqualTo(Shape.of(5, 3));
      assertThat(x.getLong(3, 2)).isEqualTo(3);
      assertThat(x.getLong(2, 2)).isZero();
    }
  }

  @Test
  void cutOffFileNamesItselfAndTheRecord() throws IOException {
    try (RecordStore store = Records.store(parent, 20, 1, 0, 1)) {
      cut(file("partition-0"), 3 * Records.LAYOUT.stride());
      try (SlotBatches batches = batches(store, 20)) {
        assertThatThrownBy(batches::next)
            .isInstanceOf(UncheckedIOException.class)
            .hasMessageStartingWith("Cannot read record 0 of " + parent)
            .hasMessageEndingWith("partition-0: the file ends at byte 48");
        assertThatThrownBy(batches::next).as("again").isInstanceOf(UncheckedIOException.class);
      }
    }
  }

  @Test
  void indexThatPointsOutsideOrRecordsThatDoNotEndThereAreTold() throws IOException {
    for (long place : new long[] {-8, 1L << 40, 3}) {
      try (RecordStore store = variable(8)) {
        change(file("partition-0.index"), 3 * 8, place);
        try (SlotBatches batches =
            SlotBatches.training(
                VARIABLE, new GlobalOrder(8, 1, true, 1), store, 0, 1, 8, false, Position.START)) {
          assertThatThrownBy(batches::next)
              .isInstanceOf(UncheckedIOException.class)
              .hasMessageContaining("Cannot read record ")
              .hasMessageContaining("partition-0: ");
        }
      }
    }
  }

  @Test
  void lengthInARecordThatDoesNotFitIsTold() throws IOException {
    try (RecordStore store = variable(8)) {
      change(file("partition-0"), 12, 0x0500000005000000L); // record 1: 5 bytes, 5 elements
      try (SlotBatches batches = batches(store, 8)) {
        assertThatThrownBy(batches::next).hasMessageContaining("Cannot read record");
      }
    }
  }

  @Test
  void deletedDirectoryIsStillReadFromTheOpenFiles() throws IOException {
    try (RecordStore store = Records.store(parent, 20, 2, 0, 1)) {
      try (Stream<Path> files = Files.walk(parent)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          if (!path.equals(parent)) {
            Files.delete(path);
          }
        }
      }
      try (SlotBatches batches = batches(store, 20)) {
        for (int batch = 0; batch < 8; batch++) {
          TInt64 y = (TInt64) Objects.requireNonNull(batches.next().tensors().get("y"));
          assertThat(y.getLong(0)).isEqualTo(batch * 5 % 20);
        }
      }
    }
  }

  @Test
  void fullDiskNamesTheFileAndLeavesNothing() throws Exception {
    Path small = Files.createDirectory(parent.resolve("small"));
    int mounted = run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small.toString());
    assumeThat(mounted).as("a file system of 256 KiB can be mounted (needs root)").isZero();
    try {
      RecordStore store = RecordStore.create(small, Records.LAYOUT, 1 << 20, 1);
      try (store) {
        assertThatThrownBy(
                () -> store.write(0, Stream.generate(() -> new byte[1 << 16]).iterator(), 0))
            .isInstanceOf(UncheckedIOException.class)
            .hasMessageStartingWith("Cannot write records to " + small)
            .hasMessageEndingWith("partition-0: No space left on device");
      }
      assertThat(small).isEmptyDirectory();
    } finally {
      run("umount", small.toString());
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).start().waitFor();
  }
}
