package dev.muster.job.spark;

import dev.muster.job.spark.Message.Claim;
import dev.muster.job.spark.Message.Join;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The tasks that wait for a seat. Ranks go first to those who claim one with a replica of the
 * previous generation, the free ones to the others in the order of their partitions; of two copies
 * of a task one is taken. Confined to the lock of its {@link Gang}.
 */
final class Lobby {
  /** A task that gets a seat. */
  record Place(int rank, Join join, boolean holdsState) {}

  private static final class Joiner {
    final Join join;
    long heardNanos;

    Joiner(Join join) {
      this.join = join;
    }
  }

  private final GangPlan plan;
  private final Map<Long, Joiner> joiners = new LinkedHashMap<>(); // in the order of arrival

  Lobby(GangPlan plan) {
    this.plan = plan;
  }

  void enter(Join join, long nowNanos) {
    joiners.computeIfAbsent(join.caller().attempt(), attempt -> new Joiner(join)).heardNanos =
        nowNanos;
  }

  void leave(long attempt) {
    joiners.remove(attempt);
  }

  void executorGone(String executorId) {
    joiners.values().removeIf(joiner -> joiner.join.executorId().equals(executorId));
  }

  void restartClocks(long nowNanos) {
    joiners.values().forEach(joiner -> joiner.heardNanos = nowNanos);
  }

  /** How many slots could be seated now. */
  int present(long nowNanos) {
    return candidates(nowNanos).size();
  }

  /** The places in rank order, once there is a task for each. */
  Optional<List<Place>> form(long nowNanos) {
    Collection<Join> candidates = candidates(nowNanos);
    if (candidates.size() < plan.slots()) {
      return Optional.empty();
    }
    Map<Integer, Place> byRank = new TreeMap<>();
    List<Join> others = new ArrayList<>();
    for (Join join : candidates) {
      int rank = join.claim().rank();
      boolean keepsRank = holdsState(join) && rank < plan.slots() && !byRank.containsKey(rank);
      if (keepsRank) {
        byRank.put(rank, new Place(rank, join, true));
      } else {
        others.add(join);
      }
    }
    int free = 0;
    for (Join join : others) {
      while (byRank.containsKey(free)) {
        free++;
      }
      // a replica whose rank does not exist any more still has the state that all ranks share
      byRank.put(free, new Place(free, join, holdsState(join)));
    }
    return Optional.of(List.copyOf(byRank.values()));
  }

  /** Says which two of these would train on one GPU; empty when each has its own. */
  static Optional<String> sharedGpu(List<Place> places) {
    for (Place place : places) {
      for (Place other : places.subList(0, place.rank())) {
        Join join = place.join();
        Join earlier = other.join();
        if (GpuName.same(join.host(), join.gpu(), earlier.host(), earlier.gpu())) {
          return Optional.of(
              "expected a GPU of its own for each slot, found GPU %s of host %s with rank %d (executor %s) and with rank %d (executor %s); have the cluster keep executors off each other's GPUs, or run one executor per host"
                  .formatted(
                      join.gpu(),
                      join.host(),
                      other.rank(),
                      earlier.executorId(),
                      place.rank(),
                      join.executorId()));
        }
      }
    }
    return Optional.empty();
  }

  /** One living task per partition, in the order of partitions: first claim, then arrival. */
  private Collection<Join> candidates(long nowNanos) {
    Map<Integer, Join> byPartition = new TreeMap<>();
    joiners.values().stream()
        .filter(joiner -> nowNanos - joiner.heardNanos <= Gang.JOINER_STALE_AFTER.toNanos())
        .map(joiner -> joiner.join)
        .sorted(Comparator.comparing(join -> !holdsState(join))) // stable
        .forEach(join -> byPartition.putIfAbsent(join.partition(), join));
    return byPartition.values();
  }

  private boolean holdsState(Join join) {
    Claim claim = join.claim();
    return claim.generation() == plan.previousGeneration()
        && claim.generation() > 0
        && claim.rank() >= 0;
  }
}
