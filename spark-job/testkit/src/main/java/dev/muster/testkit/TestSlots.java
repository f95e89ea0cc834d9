package dev.muster.testkit;

import dev.muster.job.collective.Collective;
import dev.muster.job.collective.RingListener;
import dev.muster.job.collective.RingPlan;
import dev.muster.job.runtime.Replica;
import dev.muster.job.runtime.ReplicaSettings;
import dev.muster.job.runtime.SlotData;
import dev.muster.job.runtime.StepListener;
import dev.muster.job.runtime.TrainReport;
import dev.muster.job.runtime.TrialDefinition;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The slots of one trial: a replica on each slot's thread, joined by a ring over loopback. */
final class TestSlots implements AutoCloseable {
  private static final int SECRET_BYTES = 32;

  private final int slots;
  private final SlotThreads threads;
  private final List<Fault> faults;
  private final AtomicReferenceArray<@Nullable Replica> replicas;
  private final AtomicReferenceArray<@Nullable Collective> rings;
  private volatile boolean stopRequested;

  private TestSlots(int slots, Duration limit, List<Fault> faults) {
    this.slots = slots;
    this.faults = List.copyOf(faults);
    this.replicas = new AtomicReferenceArray<>(slots);
    this.rings = new AtomicReferenceArray<>(slots);
    this.threads = new SlotThreads(slots, limit, this::giveUp);
  }

  /** What all slots are built from. */
  record Setup(
      TrialDefinition definition,
      ReplicaSettings settings,
      IntFunction<SlotData> data,
      @Nullable Path resumeFrom,
      List<Fault> faults,
      Duration limit) {}

  /** Builds the replicas and joins them. */
  static TestSlots open(Setup setup) {
    TestSlots slots = new TestSlots(setup.definition().slots(), setup.limit(), setup.faults());
    try {
      slots.build(setup);
      slots.join(setup);
      return slots;
    } catch (RuntimeException | Error e) {
      slots.close();
      throw e;
    }
  }

  private void build(Setup setup) {
    threads.all(
        "build the trial",
        rank -> {
          Path checkpoint = setup.resumeFrom();
          SlotData data = setup.data().apply(rank);
          Replica replica =
              checkpoint == null
                  ? Replica.build(setup.definition(), rank, setup.settings(), data)
                  : Replica.resume(setup.definition(), rank, setup.settings(), data, checkpoint);
          replicas.set(rank, replica);
          if (checkpoint == null) {
            replica.initialize();
          }
          return replica.rank();
        });
  }

  private void join(Setup setup) {
    Set<Integer> holders =
        setup.resumeFrom() == null
            ? Set.of()
            : IntStream.range(0, slots).boxed().collect(Collectors.toSet());
    List<RingListener> listeners = new ArrayList<>();
    try {
      for (int rank = 0; rank < slots && slots > 1; rank++) {
        listeners.add(RingListener.bind(InetAddress.getLoopbackAddress()));
      }
      threads.all(
          "join the slots",
          rank -> {
            Replica replica = replica(rank);
            Collective ring =
                slots == 1
                    ? Collective.single()
                    : listeners.get(rank).form(plan(rank, listeners, replica, setup.limit()));
            rings.set(rank, ring);
            replica.join(ring, holders);
            return rank;
          });
    } finally {
      listeners.forEach(RingListener::close);
    }
  }

  private static RingPlan plan(
      int rank, List<RingListener> listeners, Replica replica, Duration limit) {
    List<InetSocketAddress> members = listeners.stream().map(RingListener::address).toList();
    Duration longer = limit.plusSeconds(60); // that it is the tester's own limit that is told
    return new RingPlan(
        1, rank, members, new byte[SECRET_BYTES], replica.fingerprint(), longer, longer);
  }

  private Replica replica(int rank) {
    return Objects.requireNonNull(replicas.get(rank), "replica");
  }

  private void giveUp(int rank, String why) {
    Replica replica = replicas.get(rank);
    if (replica != null) {
      replica.cancel(why);
    }
  }

  /** Trains batches in all slots, one after the other; what each slot reports of each batch. */
  List<List<TrainReport>> train(int batches) {
    return threads.all(
        "train",
        rank -> {
          List<TrainReport> reports = new ArrayList<>();
          for (int batch = 0; batch < batches; batch++) {
            reports.add(replica(rank).train(1, new Listener(rank)));
          }
          return reports;
        });
  }

  /** Evaluates; the states of all slots. */
  List<byte[]> evaluate() {
    return threads.all("validate", rank -> replica(rank).evaluate(new Listener(rank)));
  }

  /** Has each slot write its part of a checkpoint. */
  void checkpoint(Path directory, Map<String, Object> metrics) {
    threads.all(
        "checkpoint",
        rank -> {
          replica(rank).checkpoint(directory, metrics);
          return rank;
        });
  }

  /** The float32 variables of one slot. */
  Map<String, float[]> variables(int rank) {
    return threads
        .all("read variables", r -> r == rank ? replica(r).variables() : Map.<String, float[]>of())
        .get(rank);
  }

  long batchesTrained() {
    return replica(0).batchesTrained();
  }

  void requestStop() {
    stopRequested = true;
  }

  /** Whether a slot asks to stop, so that no further training is to begin. */
  boolean agreeToStop() {
    return threads
        .all("agree to stop", rank -> replica(rank).agreeToStop(new Listener(rank)))
        .contains(true);
  }

  /** Whether a slot's code has asked to stop. */
  boolean isStopRequested() {
    return threads.all("look for stops", rank -> replica(rank).stopRequested()).contains(true);
  }

  /** Ends the hooks' sessions. */
  void end() {
    threads.all(
        "end",
        rank -> {
          replica(rank).end();
          return rank;
        });
  }

  @Override
  public void close() {
    threads.allAtTheEnd(
        "close",
        rank -> {
          Replica replica = replicas.getAndSet(rank, null);
          if (replica != null) {
            replica.close();
          }
          return rank;
        });
    threads.close();
  }

  /** Makes a slot's faults happen. */
  private final class Listener implements StepListener {
    private final int rank;

    Listener(int rank) {
      this.rank = rank;
    }

    @Override
    public void at(long trained, String phase) {
      if (!phase.equals("train")) {
        return;
      }
      for (Fault fault : faults) {
        if (fault.rank() == rank && fault.step() == trained + 1) {
          happen(fault);
        }
      }
    }

    private void happen(Fault fault) {
      if (fault instanceof Fault.Slow slow) {
        long until = System.nanoTime() + slow.pause().toNanos();
        for (long left = 1; left > 0 && !Thread.currentThread().isInterrupted(); ) {
          left = until - System.nanoTime();
          LockSupport.parkNanos(left);
        }
      } else if (fault instanceof Fault.Fail fail) {
        throw fail.failure();
      } else {
        Collective ring = rings.get(rank);
        if (ring != null) {
          ring.abort("the test dropped the links of slot " + rank);
        }
      }
    }

    @Override
    public boolean stopRequested() {
      return stopRequested;
    }
  }
}
