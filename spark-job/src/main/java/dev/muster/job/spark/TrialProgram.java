package dev.muster.job.spark;

import dev.muster.job.checkpoint.StagedCheckpoint;
import dev.muster.job.checkpoint.StagedFile;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.collective.Collective;
import dev.muster.job.collective.CollectiveException;
import dev.muster.job.collective.RingListener;
import dev.muster.job.collective.RingPlan;
import dev.muster.job.runtime.Replica;
import dev.muster.job.runtime.ReplicaSettings;
import dev.muster.job.runtime.StepListener;
import dev.muster.job.runtime.TrainReport;
import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.TrialException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * What a slot does in a leg: finds or builds its replica, joins it to the generation, runs the
 * workloads of the order, and leaves the replica resident. On the task's thread.
 */
final class TrialProgram implements SlotProgram {
  private @Nullable RingListener listener;
  private String host = "";

  /** Made by its name: see {@link LegPlan#programClass}. */
  TrialProgram() {}

  /** A replica that waits for the next leg. */
  private record ResidentReplica(Replica replica) implements Resident {
    @Override
    public void close() {
      replica.close();
    }
  }

  @Override
  public InetSocketAddress listen(String executorHost) throws IOException {
    host = executorHost;
    RingListener bound = RingListener.bind(InetAddress.getByName(executorHost));
    listener = bound;
    return bound.address();
  }

  @Override
  public Resident run(Seat seat, Optional<Resident> claimed, SlotLink link) throws Exception {
    MDC.put("trial", seat.trialId());
    MDC.put("rank", Integer.toString(seat.rank()));
    try {
      return run(TrialOrder.decode(seat.order().bytes()), seat, claimed, link);
    } finally {
      MDC.remove("trial");
      MDC.remove("rank");
    }
  }

  private Resident run(TrialOrder order, Seat seat, Optional<Resident> claimed, SlotLink link)
      throws Exception {
    SparkConf conf = SparkEnv.get().conf();
    link.progress(0, "load TensorFlow");
    NativeLibraries.load(conf, host);
    ResidentReplica resident =
        claimed
            .map(ResidentReplica.class::cast)
            .orElseGet(() -> new ResidentReplica(build(order, seat, conf, link)));
    Replica replica = resident.replica();
    boolean done = false;
    try {
      if (!seat.holdsState()) {
        replica.initialize();
      }
      link.progress(replica.batchesTrained(), "wait for peers");
      Collective ring = ring(seat, replica, order);
      link.onCancel(() -> replica.cancel("the leg was cancelled"));
      replica.join(ring, Set.copyOf(seat.holders()));
      new Workloads(order, replica, link, scratch(conf)).run();
      replica.leave();
      done = true;
      return resident;
    } finally {
      if (!done && claimed.isEmpty()) {
        resident.close();
      }
    }
  }

  private static Replica build(TrialOrder order, Seat seat, SparkConf conf, SlotLink link) {
    link.progress(0, "build");
    int threads = conf.getInt("spark.task.cpus", 1);
    Path scratch = scratch(conf);
    return Replica.build(
        order.definition(),
        seat.rank(),
        new ReplicaSettings(threads, scratch),
        new ShardSlotData(
            ShardLocation.decode(order.training()),
            ShardLocation.decode(order.validation()),
            seat.rank(),
            seat.size(),
            scratch));
  }

  private static Path scratch(SparkConf conf) {
    return LocalDirectories.first(conf);
  }

  private Collective ring(Seat seat, Replica replica, TrialOrder order) {
    if (seat.size() == 1) {
      return Collective.single();
    }
    Duration timeout = order.progressTimeout();
    RingPlan plan =
        new RingPlan(
            seat.generation(),
            seat.rank(),
            IntStream.range(0, seat.size()).mapToObj(seat::address).toList(),
            seat.secret().bytes(),
            replica.fingerprint(),
            timeout,
            timeout);
    return Objects.requireNonNull(listener).form(plan);
  }

  @Override
  public FailureKind kindOf(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof CollectiveException
          || t instanceof StorageException
          || t instanceof ShardMissingException
          || t instanceof HostProblemException) {
        return FailureKind.INFRASTRUCTURE;
      }
      if (t instanceof InvalidHyperparameterException) {
        return FailureKind.HYPERPARAMETER;
      }
      if (t instanceof TrialException) {
        return FailureKind.USER; // whatever its cause: a hook may well throw an IOException
      }
    }
    return FailureKind.of(failure);
  }

  @Override
  public void close() {
    if (listener != null) {
      listener.close();
    }
  }

  /** The workloads of one leg in one slot. */
  private static final class Workloads implements StepListener {
    private final TrialOrder order;
    private final Replica replica;
    private final SlotLink link;
    private final Path scratch;
    private boolean stopRequested;

    Workloads(TrialOrder order, Replica replica, SlotLink link, Path scratch) {
      this.order = order;
      this.replica = replica;
      this.link = link;
      this.scratch = scratch;
    }

    void run() throws Exception {
      boolean stopped = false;
      for (int i = 0; i < order.steps().size() && !stopped; i++) {
        TrialOrder.Step step = order.steps().get(i);
        switch (step.kind()) {
          case TRAIN -> {
            TrainReport report = replica.train(step.batches(), this);
            report(new SlotReport.Trained(i, report));
            stopped = report.stop();
          }
          case VALIDATE -> report(new SlotReport.Evaluated(i, Blob.of(replica.evaluate(this))));
          case CHECKPOINT ->
              report(new SlotReport.Staged(i, Blob.of(stage(UUID.fromString(step.checkpoint())))));
        }
      }
    }

    private void report(SlotReport report) {
      link.progress(replica.batchesTrained(), "report");
      stopRequested |= link.report(report.encode());
    }

    private byte[] stage(UUID uuid) throws IOException {
      link.progress(replica.batchesTrained(), "checkpoint");
      Path directory = Files.createTempDirectory(scratch, "muster-checkpoint-");
      try (Storage storage = Storage.open(order.storage().path(), order.storage().hadoop())) {
        replica.checkpoint(
            directory, TrialOrder.metricsAt(replica.batchesTrained(), order.metrics()));
        link.progress(replica.batchesTrained(), "upload");
        StagedCheckpoint staged =
            storage
                .experiment(order.definition().experimentId())
                .stage(uuid, TrialOrder.attempt(order.leg()));
        List<StagedFile> files = staged.upload(directory, "");
        return StagedFile.encode(files);
      } finally {
        LocalDirectories.delete(directory);
      }
    }

    @Override
    public void at(long step, String phase) {
      link.progress(step, phase);
    }

    @Override
    public boolean stopRequested() {
      return stopRequested;
    }
  }
}
