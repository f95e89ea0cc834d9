package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class GlobalOrderTest {
  private static long[] pass(GlobalOrder order, long epoch) {
    return LongStream.range(0, order.records()).map(k -> order.record(epoch, k)).toArray();
  }

  @Test
  void unshuffledPositionIsTheRecord() {
    GlobalOrder order = new GlobalOrder(15, 6, false, 0);

    assertThat(pass(order, 3)).containsExactly(LongStream.range(0, 15).toArray());
  }

  @Test
  void slotsTakeTheirOwnShardsInTheSequencesOrder() {
    GlobalOrder order = new GlobalOrder(15, 6, false, 0);

    assertThat(order.slice(0, 2, 0, 0, 15)).containsExactly(0, 2, 4, 6, 8, 10, 12, 14);
    assertThat(order.slice(1, 2, 0, 4, 12)).containsExactly(5, 7, 9, 11);
    assertThat(order.slice(2, 3, 0, 0, 15)).containsExactly(2, 5, 8, 11, 14);
    assertThat(order.slice(1, 6, 0, 3, 7)).isEmpty();
    assertThat(order.slice(0, 1, 0, 6, 6)).isEmpty();
  }

  @Test
  void shuffledRoundsTakeOneRecordOfEachShardAndTheLastShortRoundKeepsTheStoredOrder() {
    GlobalOrder order = new GlobalOrder(15, 6, true, 7);

    long[] records = pass(order, 0);

    for (int round = 0; round < 2; round++) {
      assertThat(Arrays.stream(records, round * 6, round * 6 + 6).map(record -> record % 6))
          .containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L);
    }
    assertThat(Arrays.stream(records, 12, 15).map(record -> record % 6))
        .containsExactly(0L, 1L, 2L);
  }

  @Property(tries = 200)
  void eachPassHasEachRecordOnce(
      @ForAll @IntRange(min = 1, max = 300) int records,
      @ForAll @IntRange(min = 1, max = 60) int logicalShards,
      @ForAll long seed,
      @ForAll @IntRange(max = 5) int epoch) {
    GlobalOrder order = new GlobalOrder(records, logicalShards, true, seed);

    long[] pass = pass(order, epoch);

    Arrays.sort(pass);
    assertThat(pass).containsExactly(LongStream.range(0, records).toArray());
  }

  @Property(tries = 200)
  void anyNumberOfSlotsThatDividesTheShardsReadsTheSameGlobalBatchesEvenly(
      @ForAll @IntRange(min = 1, max = 400) int records,
      @ForAll @IntRange(min = 1, max = 8) int perSlot,
      @ForAll boolean shuffled,
      @ForAll long seed) {
    GlobalOrder order = new GlobalOrder(records, 60, shuffled, seed);
    for (int size : List.of(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)) {
      int batch = perSlot * size;
      for (int from = 0; from < records; from += batch) {
        int to = Math.min(records, from + batch);
        Set<Long> found = new HashSet<>();
        for (int rank = 0; rank < size; rank++) {
          long[] slice = order.slice(rank, size, 2, from, to);
          assertThat(slice.length).isLessThanOrEqualTo(perSlot);
          if (to - from == batch) {
            assertThat(slice.length).isEqualTo(perSlot);
          }
          for (long record : slice) {
            assertThat(record % size).isEqualTo(rank);
            found.add(record);
          }
        }
        assertThat(found)
            .hasSize(to - from)
            .isEqualTo(
                new HashSet<>(
                    LongStream.range(from, to).mapToObj(k -> order.record(2, k)).toList()));
      }
    }
  }

  @Property(tries = 100)
  void anySliceIsTheSequenceFilteredBySlot(
      @ForAll @IntRange(min = 1, max = 200) int records,
      @ForAll @IntRange(max = 199) int one,
      @ForAll @IntRange(max = 199) int other,
      @ForAll long seed) {
    GlobalOrder order = new GlobalOrder(records, 12, true, seed);
    int from = Math.min(Math.min(one, other), records);
    int to = Math.min(Math.max(one, other), records);
    for (int rank = 0; rank < 4; rank++) {
      int slot = rank;
      assertThat(order.slice(rank, 4, 1, from, to))
          .containsExactly(
              LongStream.range(from, to)
                  .map(k -> order.record(1, k))
                  .filter(record -> record % 4 == slot)
                  .toArray());
    }
  }

  @Test
  void passesSeedsAndBatchesDiffer() {
    GlobalOrder order = new GlobalOrder(10_000, GlobalOrder.logicalShards(4, 8, 10_000), true, 1);
    long[] first = pass(order, 0);

    assertThat(order.logicalShards()).isEqualTo(120);
    assertThat(samePlaces(first, pass(order, 1))).isLessThan(50);
    assertThat(samePlaces(first, pass(new GlobalOrder(10_000, 120, true, 2), 0))).isLessThan(50);
    assertThat(samePlaces(first, LongStream.range(0, 10_000).toArray())).isLessThan(50);
    double mean = Arrays.stream(first, 0, 500).average().orElseThrow();
    assertThat(mean).isBetween(4_500.0, 5_500.0);
  }

  @Property(tries = 200)
  void eachWindowOfAPassHasItsOwnRecordsEachOnce(
      @ForAll @IntRange(min = 1, max = 600) int records,
      @ForAll @IntRange(min = 1, max = 60) int logicalShards,
      @ForAll @IntRange(min = 1, max = 300) int window,
      @ForAll long seed) {
    GlobalOrder order = new GlobalOrder(records, logicalShards, true, seed, OptionalInt.of(window));
    int length = Math.max(1, window / logicalShards) * logicalShards;

    long[] pass = pass(order, 3);

    for (int from = 0; from < records; from += length) {
      int to = Math.min(records, from + length);
      assertThat(Arrays.stream(pass, from, to).sorted().toArray())
          .containsExactly(LongStream.range(from, to).toArray());
    }
  }

  @Test
  void windowsAreShuffledEachInAnotherWayAndInEachPass() {
    GlobalOrder order = new GlobalOrder(1_000, 10, true, 1, OptionalInt.of(500));
    long[] first = pass(order, 0);

    assertThat(samePlaces(first, pass(order, 1))).isLessThan(20);
    long[] second = Arrays.stream(first, 500, 1_000).map(record -> record - 500).toArray();
    assertThat(samePlaces(Arrays.copyOf(first, 500), second)).isLessThan(20);
    assertThat(pass(new GlobalOrder(1_000, 10, true, 1, OptionalInt.of(1_000)), 2))
        .isEqualTo(pass(new GlobalOrder(1_000, 10, true, 1), 2));
  }

  private static long samePlaces(long[] one, long[] other) {
    return LongStream.range(0, one.length).filter(k -> one[(int) k] == other[(int) k]).count();
  }

  @Test
  void logicalShardsAreAMultipleOfTheSlotsAndOfWhatTheBatchHasInCommon() {
    assertThat(GlobalOrder.logicalShards(2, 64, 1_000_000)).isEqualTo(2520);
    assertThat(GlobalOrder.logicalShards(16, 64, 1_000_000)).isEqualTo(5040);
    assertThat(GlobalOrder.logicalShards(11, 11, 1_000_000)).isEqualTo(27720);
    assertThat(GlobalOrder.logicalShards(2, 64, 1_000)).isEqualTo(24);
    assertThat(GlobalOrder.logicalShards(3, 3, 7)).isEqualTo(3);
    assertThat(GlobalOrder.logicalShards(2, 12, 103)).isEqualTo(12);
  }

  @Property(tries = 500)
  void logicalShardsAreTheSameForEachNumberOfSlotsThatDividesTheBatch(
      @ForAll @IntRange(max = 100_000) int records,
      @ForAll @IntRange(min = 1, max = 2_000) int globalBatch) {
    int one = GlobalOrder.logicalShards(1, globalBatch, records);
    for (int slots = 2; slots <= 10; slots++) {
      if (globalBatch % slots == 0) {
        assertThat(GlobalOrder.logicalShards(slots, globalBatch, records)).isEqualTo(one);
        assertThat(one % slots).isZero();
      }
    }
  }

  @Property(tries = 200)
  void partitionsDivideTheLogicalShardsAndSlotsFindTheirRecordsInFewOfThem(
      @ForAll @IntRange(min = 1, max = 12) int slots,
      @ForAll @IntRange(min = 1, max = 5040) int logicalShards,
      @ForAll @IntRange(max = 3_000) int least) {
    int partitions = GlobalOrder.partitions(slots, logicalShards, least);

    assertThat(logicalShards % partitions).isZero();
    assertThat(partitions).isGreaterThanOrEqualTo(Math.min(least, logicalShards));
    for (int rank = 0; rank < slots; rank++) {
      int slot = rank;
      assertThat(RecordStore.partitionsOf(rank, slots, partitions).boxed().toList())
          .isEqualTo(
              LongStream.iterate(slot, record -> record + slots)
                  .limit(partitions)
                  .map(record -> record % partitions)
                  .distinct()
                  .sorted()
                  .mapToObj(partition -> (int) partition)
                  .toList());
    }
  }

  @Property(tries = 200)
  void slotsThatDoNotDivideTheShardsReadTheSameOrder(
      @ForAll @IntRange(min = 1, max = 300) int records,
      @ForAll @IntRange(min = 1, max = 60) int logicalShards,
      @ForAll @IntRange(min = 1, max = 8) int size,
      @ForAll long seed) {
    GlobalOrder order = new GlobalOrder(records, logicalShards, true, seed);
    int from = records / 3;
    for (int rank = 0; rank < size; rank++) {
      int slot = rank;
      assertThat(order.slice(rank, size, 1, from, records))
          .containsExactly(
              LongStream.range(from, records)
                  .map(k -> order.record(1, k))
                  .filter(record -> record % size == slot)
                  .toArray());
    }
  }

  @Test
  void ranksAndPositionsOutsideAreRefused() {
    GlobalOrder order = new GlobalOrder(15, 6, false, 0);

    assertThatThrownBy(() -> order.slice(4, 4, 0, 0, 15)).hasMessage("Cannot read as slot 4 of 4");
    assertThatThrownBy(() -> order.record(0, 15)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
