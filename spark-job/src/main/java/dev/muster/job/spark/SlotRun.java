package dev.muster.job.spark;

import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Claim;
import dev.muster.job.spark.Message.Done;
import dev.muster.job.spark.Message.Join;
import dev.muster.job.spark.Message.LastWords;
import dev.muster.job.spark.Message.Over;
import dev.muster.job.spark.Message.Poll;
import dev.muster.job.spark.Message.Position;
import dev.muster.job.spark.Message.Wait;
import dev.muster.trial.TrialException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * One task of a leg: claim a replica, join, run the program, say so, and stay until the driver ends
 * the leg, so that no copy of a task ends another. Confined to the task's thread.
 */
final class SlotRun {
  private static final Logger LOG = LoggerFactory.getLogger(SlotRun.class);
  private static final long FIRST_PAUSE_MILLIS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 200;

  /** What Spark says of the task. */
  record Task(long attempt, int partition, String host, BooleanSupplier killed, List<String> gpus) {
    Task {
      gpus = List.copyOf(gpus);
    }
  }

  private final ExecutorSide side;
  private final Message.Order order;
  private final Task task;
  private final Caller caller;
  private Optional<Slots.Lease> lease = Optional.empty();
  private Optional<SlotGpu> gpu = Optional.empty();

  SlotRun(ExecutorSide side, Message.Order order, Task task) {
    this.side = side;
    this.order = order;
    this.task = task;
    this.caller = new Caller(order.leg(), task.attempt());
  }

  void run() throws InterruptedException {
    try {
      runProgram();
    } finally {
      giveLeaseBack();
    }
  }

  private void runProgram() throws InterruptedException {
    try (SlotProgram program = newProgram()) {
      if (!task.gpus().isEmpty()) {
        gpu = side.gpus().of(task.gpus());
        gpu.ifPresent(program::use);
      }
      lease = side.slots().claim(order.application(), order.trialId(), gpuName());
      InetSocketAddress address = program.listen(task.host());
      Optional<Seat> seat = join(address);
      if (seat.isPresent()) {
        occupy(seat.get(), program);
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | LinkageError e) { // before the seat, or while the program closes
      tell(
          LastWords.of(
              caller, Position.UNSEATED, side.executorId(), task.host(), FailureKind.of(e), e));
      awaitEnd();
    }
  }

  private SlotProgram newProgram() throws ReflectiveOperationException {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    var constructor =
        Class.forName(order.programClass(), true, loader)
            .asSubclass(SlotProgram.class)
            .getDeclaredConstructor();
    constructor.setAccessible(true);
    return constructor.newInstance();
  }

  /** Empty when there is no seat for this task. */
  private Optional<Seat> join(InetSocketAddress address) throws InterruptedException {
    Claim claim =
        lease
            .map(Slots.Lease::key)
            .map(key -> new Claim(key.generation(), key.rank()))
            .orElse(Claim.NONE);
    Join join =
        new Join(
            caller,
            task.partition(),
            side.executorId(),
            task.host(),
            address.getHostString() + ":" + address.getPort(),
            claim,
            lease.map(Slots.Lease::gpu).filter(GpuName::exists).orElse(gpuName()));
    Patience patience = new Patience();
    while (!task.killed().getAsBoolean()) {
      Message answer = patience.ask(join);
      if (answer instanceof Seat seat) {
        return Optional.of(seat);
      } else if (answer instanceof Over || answer instanceof Abort) {
        return Optional.empty();
      } else if (answer instanceof Wait wait && wait.surplus()) {
        giveLeaseBack();
      }
      patience.pause();
    }
    return Optional.empty();
  }

  private void occupy(Seat seat, SlotProgram program) throws InterruptedException {
    MDC.put("trial", seat.trialId());
    MDC.put("rank", Integer.toString(seat.rank()));
    try {
      run(seat, program);
    } finally {
      MDC.remove("trial");
      MDC.remove("rank");
    }
  }

  private void run(Seat seat, SlotProgram program) throws InterruptedException {
    Slots slots = side.slots();
    slots.closeOlder(order.application(), order.trialId(), seat.generation());
    if (!seat.holdsState()) {
      closeLease();
    }
    SlotHandle handle = new SlotHandle(side.asker(), caller, seat);
    side.seated(handle);
    slots.makeRoom(seat.executorSlots());
    GpuName gpuOfResident = lease.map(Slots.Lease::gpu).filter(GpuName::exists).orElse(gpuName());
    String name = order.trialId() + "-" + seat.rank();
    @Nullable Resident resident = null;
    try {
      try (Watcher watcher =
          new Watcher(name, handle, side.asker(), new Poll(caller), task.killed())) {
        watcher.start();
        resident = runSeated(seat, program, handle);
      }
      if (awaitEnd() && resident != null) {
        slots.keep(key(seat), resident, gpuOfResident);
        resident = null;
      }
    } finally {
      if (resident != null) {
        Slots.close(key(seat), resident);
      }
      side.left(handle);
    }
  }

  /** What stays resident; null after a failure, or if the program leaves nothing. */
  private @Nullable Resident runSeated(Seat seat, SlotProgram program, SlotHandle handle)
      throws InterruptedException {
    @Nullable Resident resident = null;
    try {
      resident = program.run(seat, lease.map(Slots.Lease::resident), handle);
      if (!handle.returned()) {
        handle.failIfCancelled(); // what was cancelled may be broken, even if it did not notice
      }
    } catch (Throwable e) { // whatever a user's code throws is told to the driver
      boolean ranFreely = handle.returned();
      log(seat, e, ranFreely);
      FailureKind kind = ranFreely ? program.kindOf(e) : FailureKind.INFRASTRUCTURE;
      tell(
          LastWords.of(caller, handle.position(), side.executorId(), task.host(), kind, e)
              .without(seat.secret()));
      closeLease();
      if (resident != null) {
        Slots.close(key(seat), resident);
      }
      return null;
    }
    if (lease.isPresent() && lease.get().resident() != resident) {
      closeLease();
    }
    lease = Optional.empty();
    tell(new Done(caller, handle.position()));
    return resident;
  }

  /** The trace is for an executor's log: where the driver's is the same, its message says all. */
  private void log(Seat seat, Throwable failure, boolean ranFreely) {
    if (!ranFreely) {
      LOG.info("{} was ended: {}", seat, failure.getMessage());
    } else if (failure instanceof TrialException && side.executorId().equals("driver")) {
      LOG.debug("{} has failed", seat, failure);
    } else {
      LOG.warn("{} has failed", seat, failure);
    }
  }

  /** Stays until the driver's word; true when the leg is over, false when it has failed. */
  private boolean awaitEnd() throws InterruptedException {
    Patience patience = new Patience();
    while (true) {
      boolean killed =
          task.killed().getAsBoolean(); // before the question: Over may have come first
      Message answer = patience.ask(new Poll(caller));
      if (answer instanceof Over) {
        return true;
      } else if (answer instanceof Abort || killed) {
        return false;
      }
      patience.pause();
    }
  }

  /** Says it until the driver has heard it, the task is killed, or the driver is gone. */
  private void tell(Message message) throws InterruptedException {
    Patience patience = new Patience();
    while (patience.ask(message) == null && !task.killed().getAsBoolean()) {
      patience.pause();
    }
  }

  private void giveLeaseBack() {
    lease.ifPresent(claimed -> side.slots().keep(claimed.key(), claimed.resident(), claimed.gpu()));
    lease = Optional.empty();
  }

  private void closeLease() {
    lease.ifPresent(claimed -> Slots.close(claimed.key(), claimed.resident()));
    lease = Optional.empty();
  }

  private GpuName gpuName() {
    return gpu.map(SlotGpu::name).orElse(GpuName.NONE);
  }

  private ReplicaKey key(Seat seat) {
    return new ReplicaKey(order.application(), order.trialId(), seat.generation(), seat.rank());
  }

  /** Questions that are asked again, ever slower, while the driver can be reached. */
  private final class Patience {
    private long pauseMillis = FIRST_PAUSE_MILLIS;
    private long heardNanos = System.nanoTime();

    /** Null when the driver has not answered this time; throws when it is silent for too long. */
    @Nullable Message ask(Message question) throws InterruptedException {
      try {
        Message answer = side.asker().ask(question, SlotHandle.ASK_DEADLINE);
        heardNanos = System.nanoTime();
        return answer;
      } catch (IOException e) {
        if (System.nanoTime() - heardNanos > SlotHandle.DRIVER_SILENT.toNanos()) {
          throw new IllegalStateException("Cannot go on with the leg: the driver is silent", e);
        }
        return null;
      }
    }

    void pause() throws InterruptedException {
      TimeUnit.MILLISECONDS.sleep(pauseMillis);
      pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 3 / 2);
    }
  }
}
