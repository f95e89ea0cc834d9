package dev.muster.job.runtime;

import dev.muster.job.collective.Ballot;
import dev.muster.job.collective.Collective;
import dev.muster.job.data.Batch;
import dev.muster.job.data.Position;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.RunHook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.types.TFloat32;

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
  private final int rank;
  private @Nullable Serving serving;
  private @Nullable SlotBatches batches;
  private Position position = Position.START;
  private long batchesTrained;
  private volatile @Nullable Collective collective;
  private volatile @Nullable Exchange exchange;
  private boolean closed;

  private Replica(
      TrialDefinition definition,
      int rank,
      ReplicaSettings settings,
      SlotData data,
      SlotTrialContext context,
      TrialObjects trial) {
    this.definition = definition;
    this.rank = rank;
    this.settings = settings;
    this.data = data;
    this.context = context;
    this.trial = trial;
    this.train = ModelGraph.build(Mode.TRAIN, trial, definition, context);
    this.trainValues = new VariableValues(train);
    this.trainSession =
        new Session(train.graph(), false, TensorFlowRuntime.sessionConfig(settings.threads()));
    this.evaluation = Evaluation.build(trial, definition, context, settings, trainValues.names());
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
    SlotTrialContext context = new SlotTrialContext(definition, rank, 0);
    return new Replica(
        definition, rank, settings, data, context, TrialObjects.build(definition, context));
  }

  /** A digest of the variables' names, types and shapes: equal in all slots. */
  public byte[] fingerprint() {
    return trainValues.fingerprint();
  }

  /** The batches trained since the trial began. */
  public long batchesTrained() {
    return batchesTrained;
  }

  /** Copies of all float32 variables, by name. */
  Map<String, float[]> variables() {
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
    for (RunHook hook : trial.trainSpec().hooks()) {
      call(
          "Cannot restore the checkpoint",
          hook,
          "onCheckpointLoad",
          hook::onCheckpointLoad,
          checkpoint);
    }
    trainSession.restore(CheckpointFiles.variables(checkpoint).toString());
    CheckpointFiles.SlotState state = CheckpointFiles.readSlotState(checkpoint, rank);
    moveTo(state.batches(), state.position());
  }

  private void moveTo(long batchesDone, Position next) {
    closeBatches();
    batchesTrained = batchesDone;
    position = next;
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
    if (ring.size() > 1) {
      if (holders.size() < ring.size()) {
        int source = holders.stream().min(Integer::compare).orElse(0);
        StateTransfer.Place place =
            new StateTransfer(trainValues, trainSession, ring)
                .share(
                    source,
                    holders.contains(rank) || rank == source,
                    new StateTransfer.Place(batchesTrained, position));
        if (!holders.contains(rank)) {
          moveTo(place.batches(), place.position());
        }
      }
      ExchangedOptimizer.Ends ends =
          Objects.requireNonNull(Objects.requireNonNull(train.optimizer()).ends());
      exchange = new Exchange(trainSession, ends, ring);
    }
  }

  /** Leaves the generation; the state stays. Idempotent. */
  public void leave() {
    Exchange leaving = exchange;
    exchange = null;
    if (leaving != null) {
      leaving.close();
    }
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
    long start = System.nanoTime();
    double lossSum = 0;
    long examples = 0;
    boolean stop = false;
    SlotBatches source = openBatches();
    for (int i = 0; i < count; i++) {
      listener.at(batchesTrained, "train");
      Batch batch = source.next();
      Ballot ballot =
          new Ballot(
              batchesTrained,
              0,
              batch.examples(),
              context.stopRequested() || listener.stopRequested(),
              false);
      Step step = step(batch, ballot);
      float loss = step.loss();
      stop |= step.stop();
      batchesTrained++;
      position = source.position();
      if (batch.examples() > 0) {
        if (Float.isNaN(loss)) {
          throw new TrialException(
              "Cannot go on training: the loss of step "
                  + batchesTrained
                  + " is NaN on rank "
                  + rank
                  + "; try a smaller learning rate, or look for log(0) and 0/0 in the model");
        }
        lossSum += (double) loss * batch.examples();
        examples += batch.examples();
      }
    }
    return new TrainReport(
        count, batchesTrained, lossSum, examples, System.nanoTime() - start, stop);
  }

  /** What a step gave: this slot's loss, and whether any slot asked to stop. */
  private record Step(float loss, boolean stop) {}

  private Step step(Batch batch, Ballot ballot) throws InterruptedException {
    EstimatorSpec.Train spec = (EstimatorSpec.Train) train.spec();
    Session.Runner runner = trainSession.runner();
    train.inputs().forEach((name, input) -> runner.feed(input, tensor(batch.tensors(), name)));
    runner.addTarget(spec.trainOp()).fetch(spec.loss());
    Exchange current = exchange;
    if (current == null) {
      try {
        return new Step(run(runner), ballot.stop());
      } catch (TensorFlowException e) {
        throw failedStep(e);
      }
    }
    current.begin(ballot);
    float loss;
    try {
      loss = run(runner);
    } catch (RuntimeException e) {
      throw firstCause(current, e);
    }
    return new Step(loss, current.end().stop());
  }

  /** A step breaks because of the exchange, or the exchange because of the step. */
  private RuntimeException firstCause(Exchange exchange, RuntimeException ofStep)
      throws InterruptedException {
    if (!exchange.isBroken()) {
      exchange.cancel("the step failed: " + ofStep.getMessage());
      return ofStep instanceof TensorFlowException inGraph ? failedStep(inGraph) : ofStep;
    }
    try {
      exchange.end();
      return ofStep;
    } catch (RuntimeException ofExchange) {
      ofExchange.addSuppressed(ofStep);
      return ofExchange;
    }
  }

  private TrialException failedStep(TensorFlowException inGraph) {
    return new TrialException(
        "Cannot run step "
            + (batchesTrained + 1)
            + " on rank "
            + rank
            + ": an op of the model failed: "
            + String.valueOf(inGraph.getMessage()).replaceFirst("\\.$", ""),
        inGraph);
  }

  private static float run(Session.Runner runner) {
    try (Result result = runner.run()) {
      return ((TFloat32) result.get(0)).getFloat();
    }
  }

  static Tensor tensor(Map<String, Tensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  private SlotBatches openBatches() {
    SlotBatches open = batches;
    if (open == null) {
      Dataset dataset = trial.trainSpec().dataset();
      open =
          data.training(
              dataset,
              context.perSlotBatchSize(),
              dataset.shuffleSeed().orElse(definition.seed()),
              position);
      batches = open;
    }
    return open;
  }

  /**
   * Evaluates the slot's share of the validation data with the weights of now.
   *
   * @return the metrics' states, see {@link TrialCheck#reduce}
   */
  public byte[] evaluate(StepListener listener) {
    listener.at(batchesTrained, "validate");
    evaluation.take(trainSession, trainValues);
    Dataset dataset = trial.evalSpec().dataset();
    int perSlot = dataset.batchSize().orElse(context.perSlotBatchSize());
    try (SlotBatches source = data.validation(dataset, perSlot)) {
      return evaluation.run(source, () -> listener.at(batchesTrained, "validate"));
    }
  }

  /**
   * Writes this slot's part of a checkpoint: the chief the model, each slot its position.
   *
   * @param directory local and empty
   * @param metrics of the validation at this batch, for the metadata; empty if there was none
   */
  public void checkpoint(Path directory, Map<String, Object> metrics) throws IOException {
    CheckpointFiles.writeSlotState(
        directory, rank, new CheckpointFiles.SlotState(batchesTrained, position));
    if (rank != 0) {
      return;
    }
    CheckpointFiles.writeModel(directory, trainSession, train);
    Serving model = serving;
    if (model == null) {
      model = Serving.build(trial, definition, context, settings);
      serving = model;
    }
    long globalStep = CheckpointFiles.globalStep(trainSession, trainValues);
    model.write(directory, globalStep);
    CheckpointFiles.writeMetadata(
        directory, definition, settings, train, batchesTrained, globalStep, metrics);
    for (RunHook hook : trial.trainSpec().hooks()) {
      call(
          "Cannot write the checkpoint", hook, "onCheckpointEnd", hook::onCheckpointEnd, directory);
    }
  }

  /** One of a hook's calls with a directory. */
  @FunctionalInterface
  private interface HookCall {
    void on(Path directory) throws IOException;
  }

  private static void call(String act, RunHook hook, String method, HookCall call, Path directory) {
    String owner = hook.getClass().getName();
    UserCode.<Void>run(
        act + ": hook " + owner + "." + method,
        owner,
        () -> {
          call.on(directory);
          return null;
        });
  }

  private void closeBatches() {
    SlotBatches open = batches;
    batches = null;
    if (open != null) {
      open.close();
    }
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
            this::closeHooks,
            this::leave,
            this::closeBatches,
            data::close,
            () -> {
              if (serving != null) {
                serving.close();
              }
            },
            evaluation::close,
            trainSession::close,
            train::close));
  }

  private void closeHooks() {
    Closing.all(
        LOG,
        trial.trainSpec().hooks().stream().<Closing.Step>map(hook -> hook::onTrialClose).toList());
  }
}
