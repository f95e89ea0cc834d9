package dev.muster.job.spark;

import com.codahale.metrics.MetricRegistry;
import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.AskTime;
import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Close;
import dev.muster.job.spark.Message.Done;
import dev.muster.job.spark.Message.Encoded;
import dev.muster.job.spark.Message.Heartbeat;
import dev.muster.job.spark.Message.Inventory;
import dev.muster.job.spark.Message.Join;
import dev.muster.job.spark.Message.LastWords;
import dev.muster.job.spark.Message.Poll;
import dev.muster.job.spark.Message.Refused;
import dev.muster.job.spark.Message.Report;
import dev.muster.job.spark.Message.Time;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the driver's plugin, which Spark makes, and {@link Legs} find each other: one per running
 * context of this JVM. Thread-safe.
 */
final class DriverSwitchboard {
  private static final Logger LOG = LoggerFactory.getLogger(DriverSwitchboard.class);
  private static volatile @Nullable DriverSwitchboard current;

  private final ExecutorTable executors;
  private final SlotResources resources;
  private final Map<Long, Gang> gangs = new ConcurrentHashMap<>();
  private final Map<Long, Message> endings = new ConcurrentHashMap<>();
  private final Map<String, TrialLedger> ledgers = new ConcurrentHashMap<>();
  private final AtomicLong legs = new AtomicLong();
  private final AtomicLong encodings = new AtomicLong();
  private final Map<String, Encoded> encoded = new ConcurrentHashMap<>(); // by executor
  private volatile @Nullable String oldJava;
  private final AtomicLong probes = new AtomicLong();
  private final SlotGauges gauges;

  /**
   * The switchboard of a context.
   *
   * @param metrics what Spark's sinks show of the driver
   */
  DriverSwitchboard(SparkConf conf, MetricRegistry metrics) {
    gauges = new SlotGauges(metrics);
    resources = SlotResources.of(conf);
    executors =
        new ExecutorTable(
            conf.getInt("spark.task.cpus", 1), GpuPlan.slots(conf, Integer.MAX_VALUE));
  }

  static Optional<DriverSwitchboard> current() {
    return Optional.ofNullable(current);
  }

  static void install(DriverSwitchboard switchboard) {
    current = switchboard;
  }

  static void remove(DriverSwitchboard switchboard) {
    if (current == switchboard) {
      current = null;
    }
  }

  /** Answers one message of the wire; null for one that wants no answer. Never throws or waits. */
  byte @Nullable [] receive(Object message) {
    try {
      if (!(message instanceof byte[] bytes)) {
        return refuse("Cannot answer: the message is a " + message.getClass().getName());
      }
      Message answer = answer(Wire.decode(bytes));
      return answer == null ? null : Wire.encode(answer);
    } catch (RuntimeException | Error e) {
      LOG.error("Cannot answer an executor", e);
      return refuse(String.valueOf(e));
    }
  }

  private static byte[] refuse(String error) {
    return Wire.encode(new Refused(error.length() > 2000 ? error.substring(0, 2000) : error));
  }

  private @Nullable Message answer(Message request) {
    if (request instanceof Heartbeat heartbeat) {
      for (Beat beat : heartbeat.beats()) {
        Gang gang = gangs.get(beat.caller().leg());
        if (gang != null) {
          gang.heartbeat(beat);
          gang.trialOf(beat)
              .ifPresent(trial -> gauges.show(trial, beat.position().rank(), beat.vitals()));
        }
      }
      return null;
    } else if (request instanceof Encoded encoded) {
      this.encoded.put(encoded.executorId(), encoded);
      return null;
    } else if (request instanceof Poll poll) {
      return ask(poll.caller(), gang -> gang.poll(poll.caller()));
    } else if (request instanceof Report report) {
      return ask(report.caller(), gang -> gang.report(report));
    } else if (request instanceof Join join) {
      return ask(join.caller(), gang -> gang.join(join));
    } else if (request instanceof Done done) {
      return ask(done.caller(), gang -> gang.done(done));
    } else if (request instanceof LastWords words) {
      LOG.info(
          "Last words of rank {} on executor {}: {}",
          words.position().rank(),
          words.executorId(),
          words.detail());
      return ask(words.caller(), gang -> gang.lastWords(words));
    } else if (request instanceof Inventory inventory) {
      return new Close(inventory.idle().stream().filter(this::isObsolete).toList());
    } else if (request instanceof AskTime) {
      return new Time(System.currentTimeMillis());
    }
    return new Refused("Cannot answer: a " + request.getClass().getSimpleName() + " is no request");
  }

  private Message ask(Caller caller, Function<Gang, Message> question) {
    Gang gang = gangs.get(caller.leg());
    if (gang != null) {
      return question.apply(gang);
    }
    return endings.getOrDefault(
        caller.leg(), new Abort("leg " + caller.leg() + " is unknown to this driver"));
  }

  private boolean isObsolete(ReplicaKey key) {
    TrialLedger ledger = ledgers.get(key.trialId());
    return ledger == null || ledger.isObsolete(key.generation());
  }

  long nextLeg() {
    return legs.incrementAndGet();
  }

  long nextEncoding() {
    return encodings.incrementAndGet();
  }

  /** The records that all executors have been through, as far as they have told. */
  Encoded encoded(long encoding) {
    return encoded.values().stream()
        .filter(of -> of.encoding() == encoding)
        .reduce(new Encoded("", encoding, 0, 0, 0), Encoded::plus);
  }

  /** Below 0, so that the first leg of a trial is 1 whatever was tried before. */
  long nextProbe() {
    return probes.decrementAndGet();
  }

  TrialLedger ledger(String trialId) {
    return ledgers.computeIfAbsent(trialId, id -> new TrialLedger());
  }

  SlotGauges gauges() {
    return gauges;
  }

  /** What the jobs on slots ask of executors, for the context's life. */
  SlotResources resources() {
    return resources;
  }

  ExecutorTable executors() {
    return executors;
  }

  void open(Gang gang) {
    gangs.put(gang.leg(), gang);
  }

  /** Late comers to an ended leg hear how it ended. */
  void close(Gang gang) {
    endings.put(gang.leg(), gang.ended());
    gangs.remove(gang.leg());
  }

  Collection<Gang> gangs() {
    return List.copyOf(gangs.values());
  }

  /** Why an executor with a Java that is too old was lost, if one was. */
  Optional<String> oldJava() {
    return Optional.ofNullable(oldJava);
  }

  void executorRemoved(String executorId, String reason) {
    OldJava.in(reason).ifPresent(found -> oldJava = found);
    executors.removed(executorId);
    gangs.values().forEach(gang -> gang.executorRemoved(executorId, reason));
  }

  Optional<Gang> gang(long leg) {
    return Optional.ofNullable(gangs.get(leg));
  }
}
