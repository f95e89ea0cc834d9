package dev.muster.job.spark;

import dev.muster.job.spark.Message.Join;
import dev.muster.job.spark.Message.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The seated tasks and their two clocks. Confined to the lock of its {@link Gang}. */
final class Roster {
  /** A seated task; {@code heardNanos}: it lives, {@code silentMillis}: since it went on. */
  static final class Slot {
    final Join join;
    final Seat seat;
    Position position;
    long heardNanos;
    long silentMillis;
    long lastReport;
    boolean done;

    private Slot(Join join, Seat seat, long nowNanos) {
      this.join = join;
      this.seat = seat;
      this.heardNanos = nowNanos;
      this.position = new Position(seat.generation(), seat.rank(), 0, "starting");
    }

    long attempt() {
      return join.caller().attempt();
    }

    private boolean waitsForPeers() {
      return position.phase().startsWith("wait");
    }
  }

  private final Map<Long, Slot> byAttempt = new HashMap<>();

  void add(Join join, Seat seat, long nowNanos) {
    byAttempt.put(join.caller().attempt(), new Slot(join, seat, nowNanos));
  }

  @Nullable Slot get(long attempt) {
    return byAttempt.get(attempt);
  }

  List<Slot> byRank() {
    List<Slot> sorted = new ArrayList<>(byAttempt.values());
    sorted.sort(Comparator.comparingInt(slot -> slot.seat.rank()));
    return sorted;
  }

  boolean allDone() {
    return byAttempt.values().stream().allMatch(slot -> slot.done);
  }

  void restartClocks(long nowNanos) {
    byAttempt.values().forEach(slot -> slot.heardNanos = nowNanos);
  }

  /** Those that have given no sign of life for longer than this, in rank order. */
  List<Slot> silent(long nowNanos, Duration limit) {
    return byRank().stream().filter(slot -> nowNanos - slot.heardNanos > limit.toNanos()).toList();
  }

  /**
   * The slot that holds up the others, if one has stood still for longer than this: the one that is
   * furthest behind, and of several the one that does not itself wait for a peer.
   */
  Optional<Slot> stuck(Duration limit) {
    List<Slot> working = byRank().stream().filter(slot -> !slot.done).toList();
    if (working.stream().noneMatch(slot -> slot.silentMillis > limit.toMillis())) {
      return Optional.empty();
    }
    return working.stream()
        .min(
            Comparator.comparingLong((Slot slot) -> slot.position.step())
                .thenComparing(Slot::waitsForPeers)
                .thenComparingLong(slot -> -slot.silentMillis));
  }
}
