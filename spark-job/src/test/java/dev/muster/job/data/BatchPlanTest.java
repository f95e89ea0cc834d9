package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
  /** Divided by all the numbers of slots from 1 to 8. */
  private static final int SHARDS = 840;

  /** The records of each global batch of one pass, from all slots. */
  private static List<TreeSet<Long>> pass(
      GlobalOrder order, Pass pass, int size, int batch, int epoch) {
    List<TreeSet<Long>> batches = new ArrayList<>();
    BatchPlan first = new BatchPlan(order, pass, 0, size, batch / size, Long.MAX_VALUE);
    for (long i = 0; i < first.batches(1); i++) {
      batches.add(new TreeSet<>());
    }
    for (int rank = 0; rank < size; rank++) {
      BatchPlan plan = new BatchPlan(order, pass, rank, size, batch / size, Long.MAX_VALUE);
      Position at = new Position(epoch, 0);
      for (TreeSet<Long> found : batches) {
        assertThat(at.epoch()).isEqualTo(epoch);
        BatchPlan.Part part = plan.part(at);
        for (long record : part.records()) {
          assertThat(record % size).isEqualTo(rank);
          assertThat(found.add(record)).as("record %s once", record).isTrue();
        }
        at = part.after();
      }
      assertThat(at).isEqualTo(new Position(epoch + 1, 0));
    }
    return batches;
  }

  @Property(tries = 150)
  void eachSelectedRecordIsReadOnceAPassInTheSameGlobalBatchesForAnyNumberOfSlots(
      @ForAll @IntRange(min = 1, max = 3000) int records,
      @ForAll @IntRange(max = 2999) int skip,
      @ForAll @IntRange(min = 1, max = 3000) int take,
      @ForAll boolean dropped,
      @ForAll boolean shuffled,
      @ForAll @IntRange(max = 3000) int window,
      @ForAll long seed,
      @ForAll @IntRange(max = 3) int epoch) {
    OptionalInt within = window == 0 ? OptionalInt.empty() : OptionalInt.of(window);
    GlobalOrder order = new GlobalOrder(records, SHARDS, shuffled, seed, within);
    long first = Math.min(skip, records - 1);
    long length = Math.min(take, records - first);
    int batch = SHARDS;
    Pass pass =
        new Pass(
            first, length, dropped && length >= batch ? Pass.Ending.DROPPED : Pass.Ending.SMALLER);
    List<TreeSet<Long>> alone = pass(order, pass, 1, batch, epoch);
    for (int size = 2; size <= 8; size++) {
      assertThat(pass(order, pass, size, batch, epoch)).isEqualTo(alone);
    }
    long read = pass.ending() == Pass.Ending.DROPPED ? length / batch * batch : length;
    assertThat(alone.stream().flatMap(TreeSet::stream).sorted().toList())
        .isEqualTo(
            LongStream.range(first, first + read)
                .map(position -> order.record(epoch, position))
                .sorted()
                .boxed()
                .toList());
  }

  @Test
  void remainderOfAPassIsDroppedAlsoWhenTheBatchesHaveAnotherSizeSince() {
    GlobalOrder order = new GlobalOrder(10, 1, false, 0);
    BatchPlan plan =
        new BatchPlan(order, new Pass(0, 10, Pass.Ending.DROPPED), 0, 1, 3, Long.MAX_VALUE);

    assertThat(plan.part(new Position(0, 4)).after()).isEqualTo(new Position(0, 7));
    assertThat(plan.part(new Position(0, 7)).records()).containsExactly(7, 8, 9);
    BatchPlan.Part part = plan.part(new Position(0, 8));
    assertThat(part.records()).containsExactly(0, 1, 2);
    assertThat(part.at()).isEqualTo(new Position(1, 0));
    assertThat(part.after()).isEqualTo(new Position(1, 3));
    assertThat(plan.batches(2)).isEqualTo(6);
  }

  @Test
  void passesThatLeaveNothingAreRefused() {
    Dataset ten = Dataset.of("ten", spark -> spark.emptyDataFrame());
    assertThatThrownBy(() -> Pass.of(ten.shuffle().skip(10), 10))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read data set 'ten': skip(10) leaves none of its 10 records; skip fewer");
    assertThatThrownBy(
            () ->
                Pass.of(ten.shuffle().take(7).batch().dropRemainder(), 10)
                    .refuseNoBatch("training", 8))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot use the training data: dropRemainder() leaves no batch of it: a pass has 7"
                + " records, less than one global batch of 8; add records, lower the batch size,"
                + " or remove dropRemainder()");
    assertThat(SlotShare.recordsRead(ten.batch().dropRemainder(), 10, 2, 2)).isEqualTo(8);
    assertThat(SlotShare.recordsRead(ten.shuffle().take(7).batch(), 10, 2, 2)).isEqualTo(7);
  }
}
