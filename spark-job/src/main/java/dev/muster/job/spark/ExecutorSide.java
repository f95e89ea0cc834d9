package dev.muster.job.spark;

import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Close;
import dev.muster.job.spark.Message.Encoded;
import dev.muster.job.spark.Message.Heartbeat;
import dev.muster.job.spark.Message.Inventory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.plugin.PluginContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The executor's end of the wire: one per JVM and context, made by the plugin, found by tasks. Each
 * second its thread {@code muster-heartbeat} says which seated slots live, and asks which idle
 * replicas are of no more use. Thread-safe.
 */
final class ExecutorSide implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorSide.class);
  private static final long BEAT_MILLIS = 1000;

  private static volatile @Nullable ExecutorSide current;

  private final PluginContext context;
  private final Asker asker;
  private final Slots slots = new Slots();
  private @Nullable ExecutorGpus gpus; // guarded by this
  private final Set<SlotHandle> seated = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService heart =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "muster-heartbeat");
            thread.setDaemon(true);
            return thread;
          });
  private final @Nullable SlotGauges gauges; // null where the driver's, of the same JVM, show all
  private @Nullable CompletableFuture<Message> inventory; // confined to the heartbeat's thread
  private @Nullable Encoded told; // confined to the heartbeat's thread

  private ExecutorSide(PluginContext context) {
    this.context = context;
    this.asker = new Asker(context::ask);
    this.gauges =
        isInDriver(context.executorID()) ? null : new SlotGauges(context.metricRegistry());
  }

  static ExecutorSide start(PluginContext context) {
    ExecutorSide side = new ExecutorSide(context);
    var unused =
        side.heart.scheduleWithFixedDelay(
            side::beat, BEAT_MILLIS, BEAT_MILLIS, TimeUnit.MILLISECONDS);
    current = side;
    if (!isInDriver(context.executorID())) {
      side.loadTensorFlow();
    }
    return side;
  }

  /** Whether driver and executor are one JVM ({@code local[n]}). */
  static boolean isInDriver(String executorId) {
    return executorId.equals("driver");
  }

  /** Ahead of the first task, which waits for the rest and reports what goes wrong. */
  private void loadTensorFlow() {
    Thread thread =
        new Thread(
            () -> {
              try {
                NativeLibraries.load(context.conf(), "of executor " + executorId());
              } catch (RuntimeException | LinkageError e) {
                LOG.debug("Cannot load TensorFlow ahead of the first task", e);
              }
            },
            "muster-load-tensorflow");
    thread.setDaemon(true);
    thread.start();
  }

  static ExecutorSide current() {
    ExecutorSide side = current;
    if (side == null) {
      throw new IllegalStateException(
          "Cannot join the leg: spark.plugins did not load %s in this executor"
              .formatted(MusterPlugin.class.getName()));
    }
    return side;
  }

  String executorId() {
    return context.executorID();
  }

  /** The GPUs of this executor; looked up once, by the first task that has one. */
  synchronized ExecutorGpus gpus() {
    ExecutorGpus known = gpus;
    if (known == null) {
      known = ExecutorGpus.here(context.resources());
      gpus = known;
    }
    return known;
  }

  Asker asker() {
    return asker;
  }

  Slots slots() {
    return slots;
  }

  void seated(SlotHandle slot) {
    slots.seated();
    seated.add(slot);
  }

  void left(SlotHandle slot) {
    if (seated.remove(slot)) {
      if (gauges != null) {
        gauges.remove(slot.seat().trialId(), slot.seat().rank());
      }
      slots.left();
    }
  }

  private void beat() {
    try {
      List<Beat> beats = seated.stream().map(this::beat).toList();
      if (!beats.isEmpty()) {
        context.send(Wire.encode(new Heartbeat(beats)));
      }
      tellEncoded();
      askForObsolete();
    } catch (Throwable e) { // an exception would end the heartbeat for good
      LOG.warn("Cannot send a heartbeat", e);
    }
  }

  private void tellEncoded() throws Exception {
    Encoded now = EncodingMeter.reading(executorId());
    if (!now.equals(told)) {
      context.send(Wire.encode(now));
      told = now;
    }
  }

  private Beat beat(SlotHandle slot) {
    Beat beat = slot.beat();
    if (gauges != null) {
      gauges.show(slot.seat().trialId(), slot.seat().rank(), beat.vitals());
      if (!seated.contains(slot)) { // it has left meanwhile
        gauges.remove(slot.seat().trialId(), slot.seat().rank());
      }
    }
    return beat;
  }

  /** Never waits: a late answer must not delay the next heartbeat. */
  private void askForObsolete() {
    List<ReplicaKey> idle = slots.idle();
    if (idle.isEmpty() || (inventory != null && !inventory.isDone())) {
      return;
    }
    inventory = asker.ask(new Inventory(executorId(), idle));
    var unused =
        inventory.handle(
            (answer, e) -> {
              if (answer instanceof Close close) {
                slots.close(close.obsolete());
              } else if (e != null) {
                LOG.debug("Cannot ask for obsolete replicas", e);
              }
              return null;
            });
  }

  @Override
  public void close() {
    heart.shutdownNow();
    seated.forEach(slot -> slot.cancel("the executor shuts down"));
    slots.closeAll();
    asker.close();
    if (current == this) {
      current = null;
    }
  }
}
