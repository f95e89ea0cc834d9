package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import org.tensorflow.types.TInt64;

/**
 * Whatever the records, slots, batches, shuffling and stops: through real files and tensors, each
 * record comes once in a pass, and in the same global batches.
 */
class DataPathPropertyTest {
  private final Path directory;

  DataPathPropertyTest() throws IOException {
    directory = Files.createTempDirectory("data-path-");
  }

  @AfterProperty
  void deleteDirectory() throws IOException {
    Files.delete(directory);
  }

  /**
   * A data set and how it is read.
   *
   * @param slots at first
   * @param otherSlots after the stop
   * @param perBoth times both numbers of slots: the global batch
   * @param stopAfter global batches
   */
  record Plan(
      int records,
      int slots,
      int otherSlots,
      int perBoth,
      boolean shuffled,
      boolean runOn,
      long seed,
      int stopAfter) {
    int globalBatch() {
      return slots * otherSlots * perBoth;
    }

    GlobalOrder order() {
      EncodingOrder order = new EncodingOrder(slots, globalBatch(), OptionalInt.empty());
      return new GlobalOrder(records, order.logicalShards(records), shuffled, seed);
    }
  }

  @Provide
  Arbitrary<Plan> plans() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 2_000),
            Arbitraries.integers().between(1, 8),
            Arbitraries.integers().between(1, 8),
            Arbitraries.integers().between(1, 20),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            Arbitraries.longs(),
            Arbitraries.integers().between(0, 12))
        .as(Plan::new);
  }

  /** The labels of the global batches that all slots read together from here. */
  private List<Set<Long>> read(Plan plan, int slots, Position start, int batches, Position[] end) {
    GlobalOrder order = plan.order();
    int partitions = GlobalOrder.partitions(slots, order.logicalShards(), 5);
    List<Set<Long>> read = new ArrayList<>();
    IntStream.range(0, batches).forEach(batch -> read.add(new TreeSet<>()));
    int count = 0;
    int whole = 0;
    for (int rank = 0; rank < slots; rank++) {
      long own = rank;
      try (RecordStore store = Records.store(directory, plan.records(), partitions, rank, slots);
          SlotBatches slot =
              SlotBatches.training(
                  Records.LAYOUT,
                  order,
                  store,
                  rank,
                  slots,
                  plan.globalBatch() / slots,
                  plan.runOn(),
                  start)) {
        for (int batch = 0; batch < batches; batch++) {
          List<Long> labels = labels(slot.next());
          labels.forEach(label -> assertThat(label % slots).isEqualTo(own));
          count += labels.size();
          read.get(batch).addAll(labels);
          whole = Math.max(whole, labels.size());
        }
        end[0] = slot.position();
      }
    }
    if (!plan.runOn()) { // Else a record may come again, in the next pass.
      assertThat(read.stream().mapToInt(Set::size).sum()).isEqualTo(count);
      assertThat(whole).isLessThanOrEqualTo(plan.globalBatch() / slots);
    }
    return read;
  }

  private static List<Long> labels(Batch batch) {
    TInt64 labels = (TInt64) Objects.requireNonNull(batch.tensors().get("y"));
    return LongStream.range(0, batch.examples()).mapToObj(labels::getLong).toList();
  }

  @Property(tries = 40)
  void eachPassHasEachRecordOnce(@ForAll("plans") Plan plan) {
    int batches = (plan.records() + plan.globalBatch() - 1) / plan.globalBatch();
    Plan pass =
        new Plan(
            plan.records(),
            plan.slots(),
            plan.otherSlots(),
            plan.perBoth(),
            plan.shuffled(),
            false,
            plan.seed(),
            0);
    Position[] end = new Position[1];
    for (int epoch = 0; epoch < 2; epoch++) {
      List<Set<Long>> read = read(pass, plan.slots(), new Position(epoch, 0), batches, end);

      Set<Long> all = new HashSet<>();
      read.forEach(all::addAll);
      assertThat(all).hasSize(plan.records());
      assertThat(read.stream().mapToInt(Set::size).sum()).isEqualTo(plan.records());
      assertThat(end[0]).isEqualTo(new Position(epoch + 1, 0));
    }
  }

  @Property(tries = 40)
  void otherSlotsAfterAnyStopGoOnWithTheSameGlobalBatches(@ForAll("plans") Plan plan) {
    int more = 6;
    Position[] end = new Position[1];
    List<Set<Long>> uninterrupted =
        read(plan, plan.slots(), Position.START, plan.stopAfter() + more, end);
    Position last = end[0];
    assertThat(read(plan, 1, Position.START, plan.stopAfter() + more, end))
        .isEqualTo(uninterrupted);

    List<Set<Long>> before = read(plan, plan.slots(), Position.START, plan.stopAfter(), end);
    Position stop = plan.stopAfter() == 0 ? Position.START : Position.decode(end[0].encode());
    List<Set<Long>> after = read(plan, plan.otherSlots(), stop, more, end);

    List<Set<Long>> stopped = new ArrayList<>(before);
    stopped.addAll(after);
    assertThat(stopped).isEqualTo(uninterrupted);
    assertThat(end[0]).isEqualTo(last);
  }

  @Property(tries = 40)
  void validationReadsEachRecordOnceInAsManyBatchesInEachSlot(@ForAll("plans") Plan plan) {
    int records = plan.records() - 1;
    int slots = plan.slots();
    GlobalOrder order = new GlobalOrder(records, plan.order().logicalShards(), plan.shuffled(), 1);
    int partitions = GlobalOrder.partitions(slots, order.logicalShards(), 3);
    List<Long> all = new ArrayList<>();
    Set<Integer> batches = new HashSet<>();
    for (int rank = 0; rank < slots; rank++) {
      try (RecordStore store = Records.store(directory, records, partitions, rank, slots)) {
        if (records == 0) { // The driver refuses such data before.
          assertThatThrownBy(() -> validation(order, store, plan, 0))
              .hasMessage("Cannot make passes of 0 records from position 0 on");
          continue;
        }
        try (SlotBatches slot = validation(order, store, plan, rank)) {
          int count = 0;
          for (; slot.hasNext(); count++) {
            all.addAll(labels(slot.next()));
          }
          batches.add(count);
        }
      }
    }
    assertThat(batches).hasSizeLessThanOrEqualTo(1);
    assertThat(all)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, records).boxed().toList());
  }

  private static SlotBatches validation(GlobalOrder order, RecordStore store, Plan plan, int rank) {
    return SlotBatches.validation(
        Records.LAYOUT, order, store, rank, plan.slots(), plan.perBoth() + 1);
  }
}
