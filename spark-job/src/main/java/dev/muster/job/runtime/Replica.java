package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import dev.muster.job.data.Position;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.SessionHook;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tensorflow.Session;

/**
 * One replica of a trial: its graphs, sessions, optimizer slots and data cursor. It stays in its
 * executor between legs; a leg joins it to a generation, runs workloads and leaves it.
 *
 * <p>Confined to the slot's thread, but for {@link #cancel}.
 */
public final class Replica implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

  private final TrialDefinition definition;
  private final ReplicaSettings settings;
  private final SlotTrialContext context;
  private final TrialObjects trial;
  private final SlotData data;
  private final ModelGraph train;
  private final Session trainSession;
  private final VariableValues trainValues;
  private final Evaluation evaluation;
  private final StatisticsAverage statistics;
  private final DivergenceCheck divergence;
  private final int rank;
  private final TrainingCursor cursor;
  private final GradientWindow window;
  private final TrainingLoop loop;
  private final StepLog log;
  private final SessionHooks hooks;
  private final RunHooks runHooks;
  private @Nullable Serving serving;
  private volatile @Nullable Collective collective;
  private volatile @Nullable Exchange exchange;
  private boolean joined;
  private boolean closed;

  private Replica(
      TrialDefinition definition,
      int rank,
      ReplicaSettings settings,
      SlotData data,
      SlotTrialContext context,
      TrialObjects trial,
      RunHooks runHooks) {
    this.definition = definition;
    this.rank = rank;
    this.settings = settings;
    this.data = data;
    this.context = context;
    this.trial = trial;
    this.runHooks = runHooks;
    this.train = ModelGraph.build(Mode.TRAIN, trial, definition, context);
    this.hooks = trainingHooks(trial, train);
    hooks.begin(train.graph());
    this.trainValues = new VariableValues(train);
    this.trainSession =
        new Session(
            train.graph(),
            false,
            TensorFlowRuntime.sessionConfig(settings, trial.estimator().config()));
    this.statistics = StatisticsAverage.build(train, trainValues, trainSession);
    this.divergence =
        new DivergenceCheck(train, trainValues, trainSession, definition.checkVariablesEvery());
    train.place(settings.gpu());
    this.evaluation =
        Evaluation.build(trial, definition, context, settings, VariableType.of(train));
    runHooks.add(evaluation.specHooks());
    this.cursor = new TrainingCursor(this::openBatches);
    this.window = new GradientWindow(definition.aggregation(), train.updatePath().window());
    this.log = new StepLog(trial.estimator().config(), context, rank == 0);
    this.loop =
        new TrainingLoop(
            new TrainingStep(train, trainSession, window, rank),
            TrainingMetrics.of(train),
            log,
            cursor,
            hooks,
            context,
            rank,
            step -> divergence.after(collective, step));
  }

  private SessionHooks trainingHooks(TrialObjects trial, ModelGraph train) {
    List<SessionHook> ofSpec = ((EstimatorSpec.Train) train.spec()).hooks();
    runHooks.add(ofSpec);
    List<SessionHook> all = new ArrayList<>(trial.trainSpec().hooks());
    all.addAll(ofSpec);
    return new SessionHooks("Cannot train", all);
  }

  /**
   * Builds the trial and its TRAIN and EVAL graphs. The variables have no values yet: see {@link
   * #join}.
   *
   * @param rank the slot's rank
   * @param data the slot's batches, opened when they are needed
   * @throws TrialException if the trial is wrong
   */
  public static Replica build(
      TrialDefinition definition, int rank, ReplicaSettings settings, SlotData data) {
    return build(definition, rank, settings, data, 0);
  }

  /**
   * As {@link #build}, with the state of a checkpoint: {@code initialBatch()} is its batch from the
   * trial's constructor on.
   *
   * @param checkpoint a local copy of the whole directory
   */
  public static Replica resume(
      TrialDefinition definition,
      int rank,
      ReplicaSettings settings,
      SlotData data,
      Path checkpoint)
      throws IOException {
    long batches = CheckpointFiles.readSlotState(checkpoint, rank).batches();
    Replica replica = build(definition, rank, settings, data, batches);
    try {
      replica.restore(checkpoint);
      return replica;
    } catch (IOException | RuntimeException | Error e) {
      replica.close();
      throw e;
    }
  }

  /** As {@link #build}, for a trial that goes on after this many batches. */
  public static Replica build(
      TrialDefinition definition,
      int rank,
      ReplicaSettings settings,
      SlotData data,
      long initialBatch) {
    SlotTrialContext context = new SlotTrialContext(definition, rank, initialBatch);
    context.slots().placed(settings.hosts());
    context.scratch(settings.scratch());
    TrialObjects trial = TrialObjects.build(definition, context);
    RunHooks runHooks = new RunHooks();
    runHooks.add(trial.trainSpec().hooks());
    runHooks.add(trial.evalSpec().hooks());
    try {
      return new Replica(definition, rank, settings, data, context, trial, runHooks);
    } catch (RuntimeException | Error e) {
      runHooks.close();
      throw e;
    }
  }

  /** A digest of the variables' names, types and shapes: equal in all slots. */
  public byte[] fingerprint() {
    return trainValues.fingerprint();
  }

  /** The batches trained since the trial began. */
  public long batchesTrained() {
    return cursor.batches();
  }

  /** Whether TensorFlow sees the slot's GPU; always where it has none. */
  public boolean hasItsDevice() {
    GpuDevice gpu = settings.gpu();
    return gpu == null
        || TensorFlowInternals.devices(trainSession).stream()
            .anyMatch(device -> device.endsWith(gpu.name()));
  }

  /** Copies of all float32 variables, by name. */
  public Map<String, float[]> variables() {
    return trainValues.floats(trainSession);
  }

  /** The slot's rank. */
  public int rank() {
    return rank;
  }

  /** Gives the variables their initial values. */
  public void initialize() {
    trainSession.initialize();
    trainSession.runner().addTarget(train.initialize()).run().close();
  }

  /**
   * Takes over a checkpoint: hooks first, then variables, optimizer slots, global step and the
   * position in the data.
   *
   * @param checkpoint a local copy of the whole directory
   */
  public void restore(Path checkpoint) throws IOException {
    CheckpointFiles.SlotState state = CheckpointFiles.readSlotState(checkpoint, rank);
    context.beganAt(state.batches());
    warmStart(checkpoint);
    cursor.moveTo(state.batches(), state.position());
    restoreWindow(checkpoint);
  }

  /**
   * Takes over variables, optimizer slots and global step of a checkpoint, hooks first. The batches
   * and the position in the data stay at zero.
   *
   * @param checkpoint a local copy of the whole directory, whose name is the checkpoint's
   * @throws TrialException if it lacks a variable of the graph, or has it in another shape
   */
  public void warmStart(Path checkpoint) throws IOException {
    runHooks.load(checkpoint, rank);
    StoredVariables.check(
        checkpoint, String.valueOf(checkpoint.getFileName()), VariableType.of(train));
    trainSession.restore(CheckpointFiles.variables(checkpoint).toString());
  }

  private void restoreWindow(Path checkpoint) throws IOException {
    if (window.bytes() > 0) {
      window.moveTo(PartialSums.read(checkpoint, rank, definition.slots(), window.bytes()));
    } else if (PartialSums.areIn(checkpoint)) {
      LOG.warn(
          "The checkpoint was taken within a window of several batches, whose gradients are lost:"
              + " optimizations.aggregation_frequency is 1 now");
    }
  }

  /**
   * Joins a generation. Ranks that hold no state get it from the lowest that does; when none does,
   * rank 0's initial values are everybody's.
   *
   * @param ring of this generation; closed by {@link #leave}
   * @param holders the ranks whose replicas held the state before this generation
   */
  public void join(Collective ring, Set<Integer> holders) {
    if (ring.rank() != rank || ring.size() != definition.slots()) {
      throw new IllegalArgumentException(
          "Cannot join as rank " + ring.rank() + " of " + ring.size() + ": built as " + rank);
    }
    collective = ring;
    context.slots().joined(ring);
    if (ring.size() > 1) {
      if (holders.size() < ring.size()) {
        int source = holders.stream().min(Integer::compare).orElse(0);
        StateTransfer.Place place =
            new StateTransfer(trainValues, trainSession, ring)
                .share(
                    source,
                    holders.contains(rank) || rank == source,
                    new StateTransfer.Place(cursor.batches(), cursor.position()));
        if (!holders.contains(rank)) {
          cursor.moveTo(place.batches(), place.position());
          context.beganAt(place.batches());
          // Sums of a window are each slot's own: those of a slot that is gone are lost with it.
          window.moveTo(Optional.empty());
        }
      }
      Exchange.Ends ends = Objects.requireNonNull(train.updatePath().exchange());
      exchange = new Exchange(trainSession, ends, ring);
    }
    if (!joined) {
      joined = true;
      hooks.created(train, trainSession, context);
    }
  }

  /**
   * The slots' hosts in the generation that is to be joined.
   *
   * @param hosts by rank
   */
  public void placed(List<String> hosts) {
    context.slots().placed(hosts);
  }

  /** Leaves the generation; the state stays. Idempotent. */
  public void leave() {
    Exchange leaving = exchange;
    exchange = null;
    if (leaving != null) {
      leaving.close();
    }
    context.slots().left();
    Collective ring = collective;
    collective = null;
    if (ring != null) {
      ring.close();
    }
  }

  /** Breaks whatever the replica waits for; it is of no use afterwards. From any thread. */
  public void cancel(String why) {
    Exchange running = exchange;
    Collective ring = collective;
    if (running != null) {
      running.cancel(why);
    } else if (ring != null) {
      ring.abort(why);
    }
  }

  /**
   * Trains this many batches, in step with the other slots.
   *
   * @throws TrialException if the loss is not a number
   */
  public TrainReport train(int count, StepListener listener) throws InterruptedException {
    return loop.run(count, ring(), exchange, listener);
  }

  /**
   * Whether a slot asks to stop, so that no further workload is to begin. All slots call it between
   * workloads and learn the same.
   */
  public boolean agreeToStop(StepListener listener) {
    return loop.agreeToStop(ring(), listener);
  }

  /** Whether this slot's code has asked to stop. */
  public boolean stopRequested() {
    return context.stopRequested();
  }

  /** The chief's directory of files for TensorBoard; empty where there is none. */
  public Optional<Path> tensorBoard() {
    return rank == 0 ? context.tensorBoard() : Optional.empty();
  }

  /** Training is complete: ends the hooks' session. */
  public void end() {
    hooks.end();
  }

  private Collective ring() {
    return Objects.requireNonNull(collective, "the replica has not joined");
  }

  private SlotBatches openBatches(Position start) {
    Dataset dataset = trial.trainSpec().dataset();
    return data.training(dataset, context.perSlotBatchSize(), definition.seed(), start);
  }

  /**
   * Evaluates the slot's share of the validation data with the weights of now; all slots call it,
   * since it averages what each of them assigned from its own batches.
   *
   * @return the metrics' states, see {@link TrialCheck#reduce}
   */
  public byte[] evaluate(StepListener listener) {
    listener.at(cursor.batches(), "validate");
    statistics.over(collective);
    evaluation.take(trainSession, trainValues);
    Dataset dataset = trial.evalSpec().dataset();
    int perSlot = dataset.batchSize().orElse(context.perSlotBatchSize());
    try (SlotBatches source = data.validation(dataset, perSlot, definition.seed())) {
      int steps = trial.evalSpec().steps().orElse(Integer.MAX_VALUE);
      return evaluation.run(source, steps, () -> listener.at(cursor.batches(), "validate"));
    }
  }

  /**
   * Writes this slot's part of a checkpoint: the chief the model, each slot its position. All slots
   * call it, since it averages what each of them assigned from its own batches.
   *
   * @param directory local and empty
   * @param metrics of the validation at this batch, for the metadata; empty if there was none
   */
  public void checkpoint(Path directory, Map<String, Object> metrics) throws IOException {
    statistics.over(collective);
    CheckpointFiles.writeSlotState(
        directory, rank, new CheckpointFiles.SlotState(cursor.batches(), cursor.position()));
    Optional<ByteBuffer> sums = window.sums();
    if (sums.isPresent()) {
      PartialSums.write(directory, rank, sums.get());
    }
    if (rank == 0) {
      writeModel(directory, metrics);
      runHooks.checkpointEnd(directory);
    }
    runHooks.save(directory, rank);
  }

  private void writeModel(Path directory, Map<String, Object> metrics) throws IOException {
    CheckpointFiles.writeModel(directory, trainSession, train);
    Serving model = serving;
    if (model == null) {
      model = Serving.build(trial, definition, context, settings);
      serving = model;
    }
    long globalStep = CheckpointFiles.globalStep(trainSession, trainValues);
    model.write(directory, globalStep);
    CheckpointFiles.writeMetadata(
        directory,
        definition,
        settings,
        LearningRates.read(trainSession, train.optimizers(), globalStep),
        cursor.batches(),
        globalStep,
        metrics);
  }

  /** Ends the trial's part in this process: hooks first. Idempotent; what fails is logged. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    Closing.all(
        LOG,
        List.of(
            runHooks::close,
            this::leave,
            cursor::close,
            data::close,
            () -> {
              if (serving != null) {
                serving.close();
              }
            },
            evaluation::close,
            log::close,
            context::close,
            window::close,
            trainSession::close,
            train::close));
  }
}
