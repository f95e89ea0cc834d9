package dev.muster.job.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a ring does when a member fails, lags, lies or is stopped. */
class BrokenRingTest {
  /** What rank 1 does to rank 0. */
  private interface Misdeed {
    void commit(FakeRank rank) throws IOException;
  }

  private static Header header(Phase phase, long step, int part, long total, long length) {
    Header header = new Header();
    header.generation = 1;
    header.phase = phase.code();
    header.step = step;
    header.part = part;
    header.total = total;
    header.length = length;
    return header;
  }

  /** The failure of rank 0 in an all-reduce of 1 MB in step 7 with this peer. */
  private static CollectiveException failureBeside(Misdeed misdeed) throws Exception {
    try (RingListener listener = RingListener.bind(InetAddress.getLoopbackAddress());
        ServerSocketChannel server = FakeRank.server()) {
      List<InetSocketAddress> members =
          List.of(listener.address(), (InetSocketAddress) server.getLocalAddress());
      FutureTask<FakeRank> join = Ranks.start(() -> FakeRank.join(server, plan(1, members)));
      try (Collective ring = listener.form(plan(0, members));
          FakeRank peer = Ranks.result(join)) {
        FutureTask<Integer> reduce =
            Ranks.start(
                () -> {
                  ring.agree(new Ballot(7, 0, 1, false, false));
                  ByteBuffer data = Ranks.direct(new float[250_000]);
                  ring.allReduce(data, 1, Ranks.direct(new float[250_000]));
                  return 0;
                });
        misdeed.commit(peer);
        CollectiveException failure = Ranks.failure(reduce);
        if (failure == null) {
          throw new AssertionError("rank 0 did not fail");
        }
        return failure;
      }
    }
  }

  private static RingPlan plan(int rank, List<InetSocketAddress> members) {
    return new RingPlan(
        1, rank, members, Ranks.SECRET, Ranks.FINGERPRINT, Ranks.LONG, Duration.ofMillis(700));
  }

  private static void vote(FakeRank rank) throws IOException {
    rank.send(header(Phase.CONTROL, 7, 1, 16, 16));
    rank.send(ByteBuffer.allocate(16));
    rank.receive(64);
  }

  @Test
  void peerThatClosesInMidReduceIsNamedAtOnce() throws Exception {
    CollectiveException failure =
        failureBeside(
            rank -> {
              vote(rank);
              rank.send(header(Phase.REDUCE, 7, 1, 1_000_000, 262_144));
              rank.send(ByteBuffer.allocate(100_000));
              rank.close();
            });
    assertThat(failure)
        .hasMessageContaining("Cannot reduce in step 7, bucket 0 on rank 0 of 2, generation 1")
        .hasMessageContaining("rank 1 at /127.0.0.1:")
        .hasMessageMatching(".*(closed the connection|connection broke).*");
    assertThat(failure.peerRank()).hasValue(1);
    assertThat(failure.phase()).isEqualTo(Phase.REDUCE);
  }

  @Test
  void frameOfFourGibibytesIsRefusedUnread() throws Exception {
    CollectiveException failure =
        failureBeside(
            rank -> {
              vote(rank);
              rank.send(header(Phase.REDUCE, 7, 1, 1_000_000, 1L << 32));
            });
    assertThat(failure)
        .hasMessageContaining("262144 of 1000000 bytes; found")
        .hasMessageContaining("4294967296 of 1000000 bytes");
  }

  @Test
  void garbageInsteadOfAFrameNamesTheMagic() throws Exception {
    CollectiveException failure =
        failureBeside(rank -> rank.send(ByteBuffer.wrap("x".repeat(48).getBytes("US-ASCII"))));
    assertThat(failure).hasMessageContaining("magic 0x78787878").hasMessageContaining("agree");
    assertThat(failure.phase()).isEqualTo(Phase.CONTROL);
  }

  @Test
  void frameOfAnotherGenerationIsRefused() throws Exception {
    CollectiveException failure =
        failureBeside(
            rank -> {
              Header old = header(Phase.CONTROL, 7, 1, 16, 16);
              old.generation = 0;
              rank.send(old);
            });
    assertThat(failure)
        .hasMessageContaining("expected control of generation 1")
        .hasMessageContaining("found control of generation 0");
  }

  @Test
  void peerThatIsSilentInMidFrameIsNamedAfterTheProgressTimeout() throws Exception {
    CollectiveException failure =
        failureBeside(
            rank -> {
              vote(rank);
              rank.send(ByteBuffer.allocate(20));
            });
    assertThat(failure).hasMessageContaining("rank 1").hasMessageContaining("nothing for 700 ms");
  }

  @Test
  void ranksInDifferentStepsFailAndNameBoth() {
    for (int ranks : new int[] {2, 3, 5}) {
      try (Ranks all = Ranks.form(ranks)) {
        List<CollectiveException> failures =
            all.failures(
                ring -> {
                  ring.agree(new Ballot(ring.rank() == 1 ? 6 : 5, 0, 1, false, false));
                  ring.barrier();
                  return 0;
                });
        assertThat(failures)
            .anySatisfy(
                failure ->
                    assertThat(failure)
                        .hasMessageContaining("step 5")
                        .hasMessageContaining("step 6"));
      }
    }
  }

  @Test
  void ranksInDifferentOperationsFailAndNameBoth() {
    try (Ranks all = Ranks.form(2)) {
      List<CollectiveException> failures =
          all.failures(
              ring -> {
                if (ring.rank() == 0) {
                  ring.barrier();
                } else {
                  ring.broadcast(1, Ranks.direct(1));
                  ring.barrier(); // rank 0 had sent its token
                }
                ring.barrier();
                return 0;
              });
      assertThat(failures)
          .anySatisfy(
              failure ->
                  assertThat(failure)
                      .hasMessageContaining("expected barrier")
                      .hasMessageContaining("found broadcast"));
    }
  }

  @Test
  void lossOfOneRankReachesAll() {
    try (Ranks all = Ranks.form(5)) {
      float[] values = new float[1_000_000];
      List<Boolean> failed =
          all.each(
              ring -> {
                try {
                  if (ring.rank() == 2) {
                    ring.close();
                  }
                  ring.allReduce(Ranks.direct(values), 1, Ranks.direct(values));
                  return false;
                } catch (CollectiveException e) {
                  return true;
                }
              });
      assertThat(failed).containsOnly(true);
    }
  }

  @Test
  void abortEndsABlockedCall() {
    try (Ranks all = Ranks.form(2)) {
      Collective ring = all.ring(0);
      AtomicReference<Thread> caller = new AtomicReference<>();
      FutureTask<Integer> blocked = blockedBarrier(ring, caller);
      long start = System.nanoTime();
      ring.abort("the task was killed");
      assertThat(Ranks.failure(blocked))
          .hasMessage(
              "Cannot pass the barrier in step 0, bucket 0 on rank 0 of 2, generation 1: aborted: the task was killed");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
      all.ring(1).barrier(); // rank 0 had reached this one
      assertThatThrownBy(all.ring(1)::barrier)
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("rank 0");
      assertThatThrownBy(ring::barrier).hasMessageContaining("the task was killed");
    }
  }

  @Test
  void interruptEndsABlockedCallAndIsKept() {
    try (Ranks all = Ranks.form(2)) {
      AtomicReference<Thread> caller = new AtomicReference<>();
      AtomicReference<Boolean> kept = new AtomicReference<>(false);
      Collective ring = all.ring(0);
      FutureTask<Integer> blocked =
          Ranks.start(
              () -> {
                caller.set(Thread.currentThread());
                try {
                  ring.barrier();
                } finally {
                  kept.set(Thread.currentThread().isInterrupted());
                }
                return 0;
              });
      Ranks.awaitSelect(caller).interrupt();
      assertThat(Ranks.failure(blocked)).hasMessageContaining("the thread was interrupted");
      assertThat(kept.get()).isTrue();
      all.ring(1).barrier(); // rank 0 had reached this one
      assertThatThrownBy(all.ring(1)::barrier).isInstanceOf(CollectiveException.class);
    }
  }

  @Test
  void aBrokenRingStaysBrokenAndKeepsTheFirstCause() {
    try (Ranks all = Ranks.form(2)) {
      all.ring(1).close();
      Collective ring = all.ring(0);
      assertThatThrownBy(ring::barrier).hasMessageContaining("rank 1 at");
      assertThatThrownBy(() -> ring.allGather(new byte[1]))
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("it broke before")
          .hasMessageContaining("rank 1 at");
    }
  }

  private static FutureTask<Integer> blockedBarrier(
      Collective ring, AtomicReference<Thread> caller) {
    FutureTask<Integer> blocked =
        Ranks.start(
            () -> {
              caller.set(Thread.currentThread());
              ring.barrier();
              return 0;
            });
    Ranks.awaitSelect(caller);
    return blocked;
  }
}
