package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SlotsTest {
  private final Slots slots = new Slots();

  private static ReplicaKey key(String trial, long generation, int rank) {
    return new ReplicaKey("app", trial, generation, rank);
  }

  private CountingReplica keep(String trial, long generation, int rank) {
    CountingReplica replica = new CountingReplica();
    slots.keep(key(trial, generation, rank), replica, GpuName.NONE);
    return replica;
  }

  @Test
  void aReplicaIsClaimedOnce() {
    CountingReplica zero = keep("a", 3, 0);
    CountingReplica one = keep("a", 3, 1);
    keep("b", 3, 0);

    assertThat(slots.claim("app", "a", GpuName.NONE))
        .contains(new Slots.Lease(key("a", 3, 0), zero, GpuName.NONE));
    assertThat(slots.claim("app", "a", GpuName.NONE))
        .contains(new Slots.Lease(key("a", 3, 1), one, GpuName.NONE));
    assertThat(slots.claim("app", "a", GpuName.NONE)).isEmpty();
    assertThat(slots.claim("other application", "b", GpuName.NONE)).isEmpty();
  }

  @Test
  void theReplicaOnTheTasksOwnGpuIsClaimedFirst() {
    GpuName zero = new GpuName("0", "");
    GpuName one = new GpuName("1", "");
    slots.keep(key("a", 3, 0), new CountingReplica(), one);
    slots.keep(key("a", 3, 1), new CountingReplica(), zero);

    Slots.Lease own = slots.claim("app", "a", zero).orElseThrow();
    assertThat(own.key()).isEqualTo(key("a", 3, 1));
    assertThat(own.gpu()).isEqualTo(zero);
    Slots.Lease other = slots.claim("app", "a", new GpuName("2", "")).orElseThrow();
    assertThat(other.key()).isEqualTo(key("a", 3, 0));
    assertThat(other.gpu()).as("where its graph is").isEqualTo(one);
  }

  @Test
  void theNewestGenerationIsClaimedFirst() {
    keep("a", 3, 0);
    CountingReplica newest = keep("a", 4, 1);
    assertThat(slots.claim("app", "a", GpuName.NONE).orElseThrow().resident()).isSameAs(newest);
  }

  @Test
  void olderGenerationsAreClosedUnlessATaskUsesThem() {
    CountingReplica used = keep("a", 3, 0);
    slots.claim("app", "a", GpuName.NONE);
    CountingReplica idle = keep("a", 3, 1);
    CountingReplica ofAnotherTrial = keep("b", 1, 0);
    CountingReplica current = keep("a", 4, 0);

    slots.closeOlder("app", "a", 4);

    assertThat(idle.isClosed()).isTrue();
    assertThat(used.isClosed()).isFalse();
    assertThat(ofAnotherTrial.isClosed()).isFalse();
    assertThat(current.isClosed()).isFalse();
  }

  @Test
  void onTheDriversOrderOnlyIdleReplicasAreClosed() {
    CountingReplica used = keep("a", 3, 0);
    slots.claim("app", "a", GpuName.NONE);
    CountingReplica idle = keep("a", 3, 1);

    slots.close(List.of(key("a", 3, 0), key("a", 3, 1)));

    assertThat(used.isClosed()).isFalse();
    assertThat(idle.isClosed()).isTrue();
    assertThat(slots.idle()).isEmpty();
  }

  @Test
  void neverMoreReplicasThanSlots() {
    CountingReplica oldest = keep("a", 3, 0);
    CountingReplica newer = keep("b", 3, 0);
    slots.seated();

    slots.makeRoom(0); // unknown
    assertThat(oldest.isClosed()).isFalse();
    slots.makeRoom(2);

    assertThat(oldest.isClosed()).isTrue();
    assertThat(newer.isClosed()).isFalse();
    slots.left();
    slots.makeRoom(1);
    assertThat(newer.isClosed()).isFalse();
  }

  @Test
  void afterShutdownNothingStaysOpen() {
    CountingReplica before = keep("a", 3, 0);
    slots.closeAll();
    CountingReplica after = keep("a", 3, 1);

    assertThat(before.isClosed()).isTrue();
    assertThat(after.isClosed()).isTrue();
    assertThat(slots.claim("app", "a", GpuName.NONE)).isEmpty();
  }

  @Test
  void aReplicaThatCannotBeClosedDoesNotKeepOthersOpen() {
    slots.keep(
        key("a", 3, 0),
        () -> {
          throw new IllegalStateException("broken");
        },
        GpuName.NONE);
    CountingReplica other = keep("a", 3, 1);

    slots.closeAll();

    assertThat(other.isClosed()).isTrue();
  }
}
