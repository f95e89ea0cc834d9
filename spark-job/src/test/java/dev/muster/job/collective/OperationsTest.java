package dev.muster.job.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperationsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyRankSeesEveryBallot(int ranks) {
    try (Ranks all = Ranks.form(ranks)) {
      List<Agreement> agreements =
          all.each(
              ring -> {
                ring.agree(new Ballot(1, 0, 64, false, false));
                return ring.agree(
                    new Ballot(
                        2, 3, 10L * ring.rank() + (1L << 40), ring.rank() == 0, ring.rank() == 1));
              });
      for (Agreement agreement : agreements) {
        long sum = 0;
        for (int rank = 0; rank < ranks; rank++) {
          assertThat(agreement.examples(rank)).isEqualTo(10L * rank + (1L << 40));
          sum += agreement.examples(rank);
        }
        assertThat(agreement.size()).isEqualTo(ranks);
        assertThat(agreement.totalExamples()).isEqualTo(sum);
        assertThat(agreement.stop()).isTrue();
        assertThat(agreement.failed()).isEqualTo(ranks > 1);
        if (ranks > 1) {
          assertThat(agreement.failedRank()).hasValue(1);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,0,5", "2,0,0", "2,1,1", "3,1,262144", "3,2,262145", "4,3,3000001", "5,2,9999999"})
  void broadcastCopiesTheRootsBytes(int ranks, int root, int length) {
    byte[] expected = new byte[length];
    new Random(length).nextBytes(expected);
    try (Ranks all = Ranks.form(ranks)) {
      all.each(
          ring -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(length + 2).position(1);
            if (ring.rank() == root) {
              buffer.put(expected).position(1);
            }
            ring.broadcast(root, buffer.limit(length + 1));
            assertThat(buffer.position()).isEqualTo(1);
            byte[] found = new byte[length];
            buffer.get(found);
            assertThat(Arrays.equals(found, expected)).isTrue();
            ring.barrier();
            return 0;
          });
    }
  }

  @ParameterizedTest
  @CsvSource({"1,5", "2,0", "2,700001", "3,1", "4,300000", "5,17"})
  void gatherKeepsLengthsAndRankOrder(int ranks, int unit) {
    byte[][] expected = new byte[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      expected[rank] = new byte[unit * rank];
      new Random(rank).nextBytes(expected[rank]);
    }
    try (Ranks all = Ranks.form(ranks)) {
      List<byte[][]> gathered = all.each(ring -> ring.allGather(expected[ring.rank()].clone()));
      gathered.forEach(found -> assertThat(Arrays.deepEquals(found, expected)).isTrue());
    }
  }

  @Test
  void gatherTakesSixteenMebibytesAndNoMore() {
    try (Ranks all = Ranks.form(2)) {
      all.each(
          ring -> {
            assertThatThrownBy(() -> ring.allGather(new byte[Collective.MAX_GATHERED_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class);
            byte[][] found = ring.allGather(new byte[Collective.MAX_GATHERED_BYTES]);
            assertThat(found[1 - ring.rank()]).hasSize(Collective.MAX_GATHERED_BYTES);
            return 0;
          });
    }
  }

  @Test
  void nobodyPassesABarrierBeforeAllHaveReachedIt() {
    try (Ranks all = Ranks.form(4)) {
      AtomicInteger arrived = new AtomicInteger();
      all.each(
          ring -> {
            for (int round = 1; round <= 50; round++) {
              arrived.incrementAndGet();
              ring.barrier();
              assertThat(arrived.get()).isGreaterThanOrEqualTo(4 * round);
              ring.barrier();
            }
            return 0;
          });
    }
  }

  @Test
  void ranksMayCloseAsSoonAsTheirLastCallReturns() {
    for (int round = 0; round < 20; round++) {
      try (Ranks all = Ranks.form(5)) {
        all.each(
            ring -> {
              ByteBuffer data = Ranks.direct(new float[100_000]);
              ring.allReduce(data, 1, Ranks.direct(new float[100_000]));
              ring.broadcast(2, data);
              ring.close();
              ring.close();
              return 0;
            });
      }
    }
  }

  @Test
  void aSingleRankCopiesExactlyAndEndsWithClose() {
    Collective single = Collective.single();
    ByteBuffer output = Ranks.direct(0, 0, 0);
    single.allReduce(Ranks.direct(-0f, 1e-45f, 3), 1, output);
    assertThat(Ranks.floats(output)).containsExactly(-0f, 1e-45f, 3);
    single.allReduce(Ranks.direct(Float.NaN, 1, 2), 0, output);
    assertThat(Ranks.floats(output)).containsExactly(0, 0, 0);
    assertThat(single.agree(new Ballot(1, 0, 5, false, false)).totalExamples()).isEqualTo(5);
    single.close();
    assertThatThrownBy(single::barrier)
        .isInstanceOf(CollectiveException.class)
        .hasMessage("Cannot pass the barrier: it is closed");
  }
}
