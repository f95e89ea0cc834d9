package dev.muster.job.spark;

import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.muster.job.checkpoint.StagedCheckpoint;
import dev.muster.job.checkpoint.StagedFile;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.collective.Collective;
import dev.muster.job.collective.CollectiveException;
import dev.muster.job.collective.RingListener;
import dev.muster.job.collective.RingPlan;
import dev.muster.job.runtime.GpuDevice;
import dev.muster.job.runtime.Replica;
import dev.muster.job.runtime.ReplicaSettings;
import dev.muster.job.runtime.StepListener;
import dev.muster.job.runtime.StoredSlotData;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a slot does in a leg: finds or builds its replica, joins it to the generation, runs the
 * workloads of the order, and leaves the replica resident. On the task's thread.
 */
final class TrialProgram implements SlotProgram {
  private static final Logger LOG = LoggerFactory.getLogger(TrialProgram.class);

  private @Nullable RingListener listener;
  private String host = "";
  private @Nullable SlotGpu gpu;

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
    RingListener bound = bind(executorHost);
    listener = bound;
    return bound.address();
  }

  /** The port that peers connect to. */
  static RingListener bind(String executorHost) throws IOException {
    return RingListener.bind(InetAddress.getByName(executorHost));
  }

  @Override
  public void use(SlotGpu given) {
    gpu = given;
  }

  @Override
  public Resident run(Seat seat, Optional<Resident> claimed, SlotLink link) throws Exception {
    TrialOrder order = TrialOrder.decode(seat.order().bytes());
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
      requireDevice(replica, seat, conf);
      boolean restored = !seat.holdsState() && begin(order, seat, replica, conf, link);
      link.progress(replica.batchesTrained(), "wait for peers");
      Collective ring = ring(seat, replica, order);
      link.onCancel(() -> replica.cancel("the leg was cancelled"));
      replica.placed(seat.hosts());
      replica.join(
          ring,
          restored
              ? IntStream.range(0, seat.size()).boxed().collect(toUnmodifiableSet())
              : Set.copyOf(seat.holders()));
      new Workloads(order, replica, link, scratch(conf), statesPartition(seat)).run();
      replica.leave();
      done = true;
      return resident;
    } finally {
      if (!done && claimed.isEmpty()) {
        resident.close();
      }
    }
  }

  /**
   * Gives a replica without a state its first one.
   *
   * @return whether it is a checkpoint's, and so the same in all slots
   */
  private static boolean begin(
      TrialOrder order, Seat seat, Replica replica, SparkConf conf, SlotLink link)
      throws IOException, InterruptedException {
    replica.initialize();
    TrialOrder.Start start = order.start();
    if (start == null || !seat.holders().isEmpty()) {
      return false;
    }
    link.progress(start.initialBatch(), "fetch the checkpoint");
    try (LocalCheckpoints.Lease copy =
        LocalCheckpoints.fetch(
            start.name(),
            start.path(),
            order.storage().hadoop(),
            scratch(conf),
            order.progressTimeout())) {
      link.progress(start.initialBatch(), "restore");
      if (start.kind() == StartPoint.Kind.RESUME) {
        replica.restore(copy.directory());
      } else {
        replica.warmStart(copy.directory());
      }
    }
    return true;
  }

  private Replica build(TrialOrder order, Seat seat, SparkConf conf, SlotLink link) {
    link.progress(0, "build");
    int threads = conf.getInt("spark.task.cpus", 1);
    Path scratch = scratch(conf);
    return Replica.build(
        order.definition(),
        seat.rank(),
        new ReplicaSettings(threads, scratch, seat.hosts(), device(order, seat)),
        new StoredSlotData(
            ShardFetcher.records(ShardLocation.decode(order.training()), scratch),
            ShardFetcher.records(ShardLocation.decode(order.validation()), scratch),
            seat.rank(),
            seat.size()),
        order.start() == null ? 0 : order.start().initialBatch());
  }

  /** The GPU to place a replica on; null where the experiment asks for none. */
  private @Nullable GpuDevice device(TrialOrder order, Seat seat) {
    boolean asked = order.definition().gpusPerSlot() > 0;
    SlotGpu given = gpu;
    if (!asked) {
      return null;
    }
    if (given == null) {
      throw new HostProblemException(
          "Cannot train rank %d on host %s: resources.gpus_per_slot is 1 and Spark gave the task no GPU; set %s to 1"
              .formatted(seat.rank(), host, GpuPlan.TASK_AMOUNT));
    }
    LOG.info("{} is placed on {} (GPU {})", seat, given.device().name(), given.name());
    return given.device();
  }

  /** Soft placement would train on the CPU without a word. */
  private void requireDevice(Replica replica, Seat seat, SparkConf conf) {
    if (replica.hasItsDevice()) {
      return;
    }
    String fact =
        "TensorFlow sees no GPU where Spark gave rank %d GPU %s of host %s"
            .formatted(seat.rank(), gpu == null ? "" : gpu.name(), host);
    if (!conf.getBoolean(GpuPlan.ALLOW_MISSING, false)) {
      throw new HostProblemException(
          "Cannot train: %s; add TensorFlow's library for GPUs by --jars, and look for the host's driver and CUDA (docs/gpu.md), or set %s=true to try the plan on the CPU"
              .formatted(fact, GpuPlan.ALLOW_MISSING));
    }
    LOG.warn("{}: its replica runs on the CPU ({}=true)", fact, GpuPlan.ALLOW_MISSING);
  }

  /** One number for each rank of each generation: blocks of a broken one are never read. */
  private static int statesPartition(Seat seat) {
    return (int) ((seat.generation() * seat.size() + seat.rank()) % Integer.MAX_VALUE);
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
            timeout,
            order.encrypted());
    return Objects.requireNonNull(listener).form(plan);
  }

  @Override
  public FailureKind kindOf(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof CollectiveException
          || t instanceof StorageException
          || t instanceof HostProblemException) {
        return FailureKind.INFRASTRUCTURE;
      }
      if (t instanceof ShardMissingException) {
        return FailureKind.DATA;
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
    private final int partition;
    private final TensorBoardUpload tensorBoard = new TensorBoardUpload();
    private boolean stopRequested;

    /**
     * The workloads of an order.
     *
     * @param partition under which large metric states are kept, never used before in this leg
     */
    Workloads(TrialOrder order, Replica replica, SlotLink link, Path scratch, int partition) {
      this.order = order;
      this.replica = replica;
      this.link = link;
      this.scratch = scratch;
      this.partition = partition;
    }

    void run() throws Exception {
      boolean stopped = false;
      for (int i = 0; i < order.steps().size() && !stopped; i++) {
        TrialOrder.Step step = order.steps().get(i);
        switch (step.kind()) {
          case TRAIN -> {
            if (replica.agreeToStop(this)) {
              report(new SlotReport.Stopping(i));
              return;
            }
            TrainReport report = replica.train(step.batches(), this);
            report(new SlotReport.Trained(i, report));
            stopped = report.stop();
          }
          case VALIDATE -> reportWithStop(new SlotReport.Evaluated(i, Blob.of(states())));
          case CHECKPOINT ->
              reportWithStop(
                  new SlotReport.Staged(i, Blob.of(stage(UUID.fromString(step.checkpoint())))));
          case END -> {
            replica.end();
            try (Storage storage = Storage.open(order.storage().path(), order.storage().hadoop())) {
              uploadTensorBoard(storage);
            }
            replica.close(); // here and not when the trial is released: hooks know one thread only
            report(new SlotReport.Ended(i));
          }
        }
      }
    }

    private void reportWithStop(SlotReport report) {
      if (replica.stopRequested()) {
        report(new SlotReport.Stopping(report.step()));
      }
      report(report);
    }

    private void report(SlotReport report) {
      link.progress(replica.batchesTrained(), "report");
      stopRequested |= link.report(report.encode());
    }

    private byte[] states() {
      return SlotStates.keep(replica.evaluate(this), order.statesRdd(), partition).encode();
    }

    private void uploadTensorBoard(Storage storage) {
      replica
          .tensorBoard()
          .ifPresent(
              local ->
                  tensorBoard.run(
                      local,
                      storage.experiment(order.definition().experimentId()),
                      order.definition().trialId()));
    }

    private byte[] stage(UUID uuid) throws IOException {
      link.progress(replica.batchesTrained(), "checkpoint");
      Path directory = Files.createTempDirectory(scratch, "muster-checkpoint-");
      try (Storage storage = Storage.open(order.storage().path(), order.storage().hadoop())) {
        replica.checkpoint(directory, order.metricsAt(replica.batchesTrained()));
        link.progress(replica.batchesTrained(), "upload");
        StagedCheckpoint staged =
            storage
                .experiment(order.definition().experimentId())
                .stage(uuid, TrialOrder.attempt(order.leg()));
        List<StagedFile> files = staged.upload(directory, "");
        uploadTensorBoard(storage);
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
    public void trained(long batches, int examples, double loss) {
      link.trained(batches, examples, loss);
    }

    @Override
    public boolean stopRequested() {
      return stopRequested;
    }
  }
}
