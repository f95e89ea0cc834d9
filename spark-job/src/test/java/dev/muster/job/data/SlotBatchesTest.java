package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class SlotBatchesTest {
  @TempDir Path parent;

  private static Tensor tensor(Batch batch, String name) {
    return Objects.requireNonNull(batch.tensors().get(name));
  }

  private static List<Long> labels(Batch batch) {
    TInt64 labels = (TInt64) tensor(batch, "y");
    TFloat32 features = (TFloat32) tensor(batch, "x");
    int rows = Math.max(batch.examples(), 1);
    assertThat(labels.shape()).isEqualTo(Shape.of(rows));
    assertThat(features.shape()).isEqualTo(Shape.of(rows, 2));
    List<Long> found = new ArrayList<>();
    for (int row = 0; row < batch.examples(); row++) {
      found.add(labels.getLong(row));
      assertThat(features.getFloat(row, 0)).isEqualTo((float) labels.getLong(row));
      assertThat(features.getFloat(row, 1)).isEqualTo(labels.getLong(row) + 0.25f);
    }
    return found;
  }

  private static SlotBatches training(
      GlobalOrder order, RecordStore store, int rank, int size, int perSlot, Position start) {
    return SlotBatches.training(Records.LAYOUT, order, store, rank, size, perSlot, false, start);
  }

  private List<List<Long>> validation(int rank, int perSlot) {
    GlobalOrder order = new GlobalOrder(7, 3, false, 0);
    List<List<Long>> found = new ArrayList<>();
    try (RecordStore store = Records.store(parent, 7, 3, rank, 3);
        SlotBatches batches =
            SlotBatches.validation(Records.LAYOUT, order, store, rank, 3, perSlot)) {
      while (batches.hasNext()) {
        found.add(labels(batches.next()));
      }
      assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
    }
    return found;
  }

  @Test
  void sevenRecordsOnThreeSlotsAreEachReadOnce() {
    assertThat(validation(0, 1)).isEqualTo(List.of(List.of(0L), List.of(3L), List.of(6L)));
    assertThat(validation(1, 1)).isEqualTo(List.of(List.of(1L), List.of(4L), List.of()));
    assertThat(validation(2, 1)).isEqualTo(List.of(List.of(2L), List.of(5L), List.of()));
    assertThat(validation(0, 2)).isEqualTo(List.of(List.of(0L, 3L), List.of(6L)));
    assertThat(validation(1, 2)).isEqualTo(List.of(List.of(1L, 4L), List.of()));
    assertThat(validation(2, 2)).isEqualTo(List.of(List.of(2L, 5L), List.of()));
  }

  @Test
  void lastBatchOfAPassIsSmallerAndTheNextPassFollows() {
    GlobalOrder order = new GlobalOrder(7, 3, false, 0);
    try (RecordStore store = Records.store(parent, 7, 3, 2, 3);
        SlotBatches batches = training(order, store, 2, 3, 2, Position.START)) {
      assertThat(labels(batches.next())).containsExactly(2L, 5L);
      assertThat(batches.position()).isEqualTo(new Position(0, 6));
      Batch none = batches.next();
      assertThat(labels(none)).isEmpty();
      assertThat(((TInt64) tensor(none, "y")).getLong(0)).as("the slot's first").isEqualTo(2);
      assertThat(batches.position()).isEqualTo(new Position(1, 0));
      assertThat(labels(batches.next())).containsExactly(2L, 5L);
      assertThat(batches.hasNext()).isTrue();
    }
  }

  @Test
  void batchesRunOnIntoTheNextPassWhenRepeatedBefore() {
    GlobalOrder order = new GlobalOrder(7, 3, false, 0);
    List<List<Long>> found = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      try (RecordStore store = Records.store(parent, 7, 3, rank, 3);
          SlotBatches batches =
              SlotBatches.training(
                  Records.LAYOUT, order, store, rank, 3, 3, true, Position.START)) {
        found.add(labels(batches.next()));
        assertThat(batches.position()).isEqualTo(new Position(1, 2));
        found.add(labels(batches.next()));
        assertThat(batches.position()).isEqualTo(new Position(2, 4));
      }
    }
    assertThat(found)
        .isEqualTo(
            List.of(
                List.of(0L, 3L, 6L, 0L),
                List.of(3L, 6L, 0L, 3L),
                List.of(1L, 4L, 1L),
                List.of(4L, 1L),
                List.of(2L, 5L),
                List.of(2L, 5L, 2L)));
  }

  private static Reading reading(GlobalOrder order, Pass pass) {
    return new Reading(Records.LAYOUT, order, pass, BatchChange.NONE);
  }

  @Test
  void validationWithoutRemainderReadsWholeBatchesAlone() {
    GlobalOrder order = new GlobalOrder(7, 2, false, 0);
    try (RecordStore store = Records.store(parent, 7, 2, 1, 2);
        SlotBatches batches =
            SlotBatches.validation(
                reading(order, new Pass(0, 7, Pass.Ending.DROPPED)),
                store,
                new SlotShare(1, 2),
                1,
                1)) {
      List<List<Long>> found = new ArrayList<>();
      while (batches.hasNext()) {
        found.add(labels(batches.next()));
      }
      assertThat(found).isEqualTo(List.of(List.of(1L), List.of(3L), List.of(5L)));
    }
  }

  @Test
  void validationReadsThePassesThatItIsToldToAndNoMore() {
    for (Pass.Ending ending : Pass.Ending.values()) {
      List<List<Long>> found = new ArrayList<>();
      GlobalOrder order = new GlobalOrder(5, 1, false, 0);
      try (RecordStore store = Records.store(parent, 5, 1, 0, 1);
          SlotBatches batches =
              SlotBatches.validation(
                  reading(order, new Pass(0, 5, ending)), store, new SlotShare(0, 1), 3, 2)) {
        while (batches.hasNext()) {
          found.add(labels(batches.next()));
        }
      }
      assertThat(found)
          .isEqualTo(
              switch (ending) {
                case SMALLER ->
                    List.of(
                        List.of(0L, 1L, 2L), List.of(3L, 4L), List.of(0L, 1L, 2L), List.of(3L, 4L));
                case DROPPED -> List.of(List.of(0L, 1L, 2L), List.of(0L, 1L, 2L));
                case RUN_ON ->
                    List.of(
                        List.of(0L, 1L, 2L), List.of(3L, 4L, 0L), List.of(1L, 2L, 3L), List.of(4L));
              });
    }
  }

  @Test
  void trainingOnAPartOfThePassesBeginsEachPassWithTheSamePosition() {
    GlobalOrder order = new GlobalOrder(12, 2, false, 0);
    try (RecordStore store = Records.store(parent, 12, 2, 0, 2);
        SlotBatches batches =
            SlotBatches.training(
                reading(order, new Pass(4, 5, Pass.Ending.SMALLER)),
                store,
                new SlotShare(0, 2),
                2,
                Position.START)) {
      assertThat(labels(batches.next())).containsExactly(4L, 6L);
      assertThat(batches.position()).isEqualTo(new Position(0, 4));
      assertThat(labels(batches.next())).containsExactly(8L);
      assertThat(batches.position()).isEqualTo(new Position(1, 0));
      assertThat(labels(batches.next())).containsExactly(4L, 6L);
    }
  }

  @Test
  void globalBatchesAreTheSameForEachNumberOfSlots() {
    List<List<TreeSet<Long>>> runs = new ArrayList<>();
    for (int size : List.of(1, 2, 3, 4)) {
      List<TreeSet<Long>> run = new ArrayList<>();
      IntStream.range(0, 15).forEach(i -> run.add(new TreeSet<>()));
      for (int rank = 0; rank < size; rank++) {
        GlobalOrder order = new GlobalOrder(50, 12, true, 9);
        try (RecordStore store = Records.store(parent, 50, 2 * size, rank, size);
            SlotBatches batches = training(order, store, rank, size, 12 / size, Position.START)) {
          for (TreeSet<Long> batch : run) {
            batch.addAll(labels(batches.next()));
          }
        }
      }
      runs.add(run);
    }
    assertThat(runs).allMatch(run -> run.equals(runs.get(0)));
    TreeSet<Long> pass = new TreeSet<>();
    runs.get(0).subList(0, 5).forEach(pass::addAll);
    assertThat(pass).containsExactlyElementsOf(LongStream.range(0, 50).boxed().toList());
  }

  @Test
  void runResumedFromAnyPositionEqualsTheUninterruptedRun() {
    for (boolean runOn : List.of(false, true)) {
      GlobalOrder order = new GlobalOrder(23, 12, true, 4);
      try (RecordStore store = Records.store(parent, 23, 2, 1, 2)) {
        List<List<Long>> straight = new ArrayList<>();
        List<Position> positions = new ArrayList<>(List.of(Position.START));
        try (SlotBatches batches = batches(order, store, runOn, Position.START)) {
          for (int i = 0; i < 20; i++) {
            straight.add(labels(batches.next()));
            positions.add(Position.decode(batches.position().encode()));
          }
        }
        for (int from = 0; from < 20; from++) {
          try (SlotBatches batches = batches(order, store, runOn, positions.get(from))) {
            assertThat(batches.position()).isEqualTo(positions.get(from));
            for (int i = from; i < 20; i++) {
              assertThat(labels(batches.next())).isEqualTo(straight.get(i));
            }
          }
        }
      }
    }
  }

  private static SlotBatches batches(
      GlobalOrder order, RecordStore store, boolean runOn, Position start) {
    return SlotBatches.training(Records.LAYOUT, order, store, 1, 2, 3, runOn, start);
  }

  @Test
  void batchStaysWholeUntilTheSecondNextCallAfterIt() {
    GlobalOrder order = new GlobalOrder(24, 1, false, 0);
    try (RecordStore store = Records.store(parent, 24, 1, 0, 1);
        SlotBatches batches = training(order, store, 0, 1, 4, Position.START)) {
      Batch before = batches.next();
      for (int i = 1; i < 200; i++) {
        Batch batch = batches.next();
        long first = (i - 1) * 4L % 24;
        assertThat(labels(before)).containsExactly(first, first + 1, first + 2, first + 3);
        before = batch;
      }
    }
  }

  @Test
  void failedReadNamesTheFile() throws IOException {
    GlobalOrder order = new GlobalOrder(10_000, 1, false, 0);
    try (RecordStore store = Records.store(parent, 10_000, 1, 0, 1)) {
      try (Stream<Path> files = Files.walk(parent)) {
        Path file = files.filter(Files::isRegularFile).toList().get(0);
        try (var channel =
            java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
          channel.truncate(5_000L * Records.LAYOUT.stride());
        }
      }
      try (SlotBatches batches = training(order, store, 0, 1, 100, Position.START)) {
        for (int i = 0; i < 50; i++) {
          labels(batches.next());
        }
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(batches::next)
              .isInstanceOf(UncheckedIOException.class)
              .hasMessageContaining("partition-0")
              .hasMessageContaining("the file ends at byte 80000");
        }
        assertThat(batches.position()).isEqualTo(new Position(0, 5_000));
      }
    }
  }

  @Test
  void closingEndsTheThreadAndFreesTheTensors() {
    GlobalOrder order = new GlobalOrder(24, 1, false, 0);
    try (RecordStore store = Records.store(parent, 24, 1, 0, 1)) {
      SlotBatches batches = training(order, store, 0, 1, 4, Position.START);
      Batch batch = batches.next();
      Tensor x = tensor(batch, "x");
      assertThat(threads()).hasSize(1);

      batches.close();
      batches.close();

      assertThat(threads()).isEmpty();
      assertThatThrownBy(() -> x.asRawTensor().numBytes())
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(batches::next).hasMessageContaining("is closed");
    }
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.equals("muster-data-training-0"))
        .toList();
  }

  @Test
  void unusedBatchesAreClosedAtOnce() {
    GlobalOrder order = new GlobalOrder(24, 1, false, 0);
    try (RecordStore store = Records.store(parent, 24, 1, 0, 1)) {
      long before = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        training(order, store, 0, 1, 4, Position.START).close();
      }
      assertThat(System.nanoTime() - before).isLessThan(5_000_000_000L);
    }
  }

  @Test
  void thousandsOfBatchesOfChangingSizesLeaveTheResidentSetFlat() throws IOException {
    GlobalOrder order = new GlobalOrder(6_001, 1, false, 0);
    try (RecordStore store = Records.store(parent, 6_001, 1, 0, 1)) {
      try (SlotBatches batches =
          SlotBatches.training(Records.LAYOUT, order, store, 0, 1, 3_000, false, Position.START)) {
        IntStream.range(0, 1_000).forEach(i -> batches.next());
        assertFlat(() -> IntStream.range(0, 3_000).forEach(i -> batches.next()));
      }
      assertFlat(
          () -> {
            for (int i = 0; i < 1_000; i++) {
              try (SlotBatches batches = training(order, store, 0, 1, 3_000, Position.START)) {
                batches.next();
              }
            }
          });
    }
  }

  /** What leaks grows in each window; the heap that this JVM's other tests need, in one. */
  private static void assertFlat(Runnable window) throws IOException {
    long growth = Long.MAX_VALUE;
    for (int i = 0; i < 4 && growth >= 24L << 20; i++) {
      long before = residentBytes();
      window.run();
      growth = residentBytes() - before;
    }
    assertThat(growth).isLessThan(24L << 20);
  }

  private static long residentBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void otherLayoutOrEmptyDataOrWrongPositionIsRefused() {
    GlobalOrder order = new GlobalOrder(24, 2, false, 0);
    try (RecordStore store = Records.store(parent, 24, 1, 0, 1)) {
      assertThatThrownBy(
              () -> training(new GlobalOrder(25, 1, false, 0), store, 0, 1, 4, Position.START))
          .hasMessageContaining("expected 25 of layout");
      assertThatThrownBy(() -> training(order, store, 0, 1, 4, new Position(0, 24)))
          .hasMessage("Cannot start at record 24 of a pass: the data set has 24");
    }
  }
}
