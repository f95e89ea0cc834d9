package dev.muster.testkit;

import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.runtime.ReplicaSettings;
import dev.muster.job.runtime.TrainReport;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.search.SequencerState;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.MetricValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One trial in a unit test: trains, validates, checkpoints and resumes as the job does, its slots
 * being threads of this JVM.
 *
 * <pre>{@code
 * try (TrialTester tester =
 *     TrialTester.of(DigitsTrial.class)
 *         .config(Path.of("experiment.yaml"))
 *         .hparam("global_batch_size", 16)
 *         .trainingData(rows)
 *         .slots(2)
 *         .open()) {
 *   assertThat(tester.train(100).lastLoss()).isLessThan(0.5);
 *   assertThat(tester.validate().scalar("accuracy")).isGreaterThan(0.9);
 *   Path checkpoint = tester.checkpoint();
 * }
 * }</pre>
 *
 * <p>Confined to the test's thread. A slot's exception comes out of the call during which it was
 * thrown; after it the tester can only be closed.
 */
public final class TrialTester implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TrialTester.class);

  private final TesterSetup setup;
  private final TrialCheck check;
  private final TestSlots slots;
  private Map<String, Object> lastMetrics = Map.of();
  private boolean closed;

  private TrialTester(TesterSetup setup, TrialCheck check, TestSlots slots) {
    this.setup = setup;
    this.check = check;
    this.slots = slots;
  }

  /** A tester of this trial, to be set up and opened. */
  public static TrialTesterBuilder of(Class<? extends EstimatorTrial> trial) {
    return new TrialTesterBuilder(trial.getName());
  }

  /** Builds the trial; called by the builder. */
  static TrialTester open(TesterSetup setup) {
    TrialCheck check = setup.check();
    try {
      warnOfUnevenBatches(setup.config(), check);
      TestSlots slots =
          TestSlots.open(
              new TestSlots.Setup(
                  setup.definition(),
                  new ReplicaSettings(setup.threads(), setup.directory().path()),
                  setup.data(check),
                  setup.resumeFrom(),
                  setup.faults(),
                  setup.limit()));
      return new TrialTester(setup, check, slots);
    } catch (RuntimeException | Error e) {
      check.close();
      throw e;
    }
  }

  private static void warnOfUnevenBatches(ExperimentConfig config, TrialCheck check) {
    int slots = config.slotsPerTrial();
    if (config.globalBatchSize() % slots != 0) {
      LOG.warn(
          "global_batch_size {} is no multiple of {} slots; a step takes {} examples",
          config.globalBatchSize(),
          slots,
          check.perSlotBatchSize() * slots);
    }
  }

  /** The configuration as run, defaults filled in: nested maps and lists. */
  public Map<String, Object> experimentConfig() {
    return setup.config().toMap();
  }

  /** The examples of one step over all slots: the per-slot batch size times the slots. */
  public int effectiveBatchSize() {
    return check.perSlotBatchSize() * setup.config().slotsPerTrial();
  }

  /** The batches trained since the trial began, those before a resumed checkpoint too. */
  public long batchesTrained() {
    return slots.batchesTrained();
  }

  /**
   * Trains this many batches, all slots in step.
   *
   * @param batches at least 1
   */
  public Training train(int batches) {
    if (batches < 1) {
      throw new IllegalArgumentException("Cannot train " + batches + " batches");
    }
    List<List<TrainReport>> reports = slots.train(batches);
    return Training.of(reports);
  }

  /** Evaluates the whole validation data with the weights of now. */
  public Validation validate() {
    Map<String, MetricValue> metrics = check.reduce(slots.evaluate());
    Validation validation = new Validation(batchesTrained(), metrics);
    Map<String, Object> plain = new LinkedHashMap<>();
    metrics.forEach((name, value) -> plain.put(name, plain(value)));
    plain.put("global_step", batchesTrained());
    lastMetrics = plain;
    return validation;
  }

  private static Object plain(MetricValue value) {
    if (value instanceof MetricValue.Scalar scalar) {
      return scalar.value();
    }
    return value instanceof MetricValue.Array array
        ? array.values()
        : ((MetricValue.Text) value).value();
  }

  /** Writes a checkpoint into a new directory below the tester's. */
  public Path checkpoint() {
    Path directory = newCheckpoint();
    checkpoint(directory);
    return directory;
  }

  /**
   * Writes a checkpoint: variables, graphs, one SavedModel per serving receiver, the state of each
   * slot, the configuration and what hooks write.
   *
   * @param directory empty, or not there yet
   */
  public void checkpoint(Path directory) {
    long batches = batchesTrained();
    checkpoint(
        directory,
        new SequencerState(batches, batches, OptionalLong.empty(), OptionalDouble.empty(), false));
  }

  /** As {@link #checkpoint(Path)}, within a sequence of workloads. */
  void checkpoint(Path directory, SequencerState state) {
    CheckpointDirectory.prepare(directory);
    slots.checkpoint(directory, metricsOfNow());
    CheckpointDirectory.complete(directory, setup.config(), state);
  }

  /** A directory for a new checkpoint, not made yet. */
  Path newCheckpoint() {
    return setup.directory().path().resolve("checkpoints").resolve(UUID.randomUUID().toString());
  }

  private Map<String, Object> metricsOfNow() {
    return lastMetrics.get("global_step") instanceof Long at && at == batchesTrained()
        ? lastMetrics
        : Map.of();
  }

  /**
   * Runs the whole experiment that the configuration describes: trains to {@code
   * searcher.max_length} with the validations and checkpoints in between, as the job's driver does.
   */
  public ExperimentRun run() {
    ExperimentRun run =
        new LocalWorkloads(this, setup.sequencer(effectiveBatchSize())).run(setup.config());
    slots.end();
    return run;
  }

  /** Whether a slot asks to stop, so that no further training is to begin. */
  boolean agreeToStop() {
    return slots.agreeToStop();
  }

  /** Whether a slot's code has asked to stop. */
  boolean isStopRequested() {
    return slots.isStopRequested();
  }

  /** Tells the hooks that the training is complete, as {@link #run} does by itself. */
  public void end() {
    slots.end();
  }

  /** Asks the trial to stop, as somebody who stops an experiment does. */
  public void requestStop() {
    slots.requestStop();
  }

  /**
   * A float32 variable of slot 0.
   *
   * @param name its name in the graph, e.g. {@code dense/kernel}
   * @return a copy, in row-major order
   * @throws IllegalArgumentException if there is none of this name
   */
  public float[] variable(String name) {
    Map<String, float[]> variables = variables(0);
    float[] value = variables.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "Cannot read variable '" + name + "': there is none, found " + variables.keySet());
    }
    return value;
  }

  /** Copies of all float32 variables of slot 0, by name; optimizer slots are among them. */
  public Map<String, float[]> variables() {
    return variables(0);
  }

  /** Copies of all float32 variables of a slot, by name. */
  public Map<String, float[]> variables(int rank) {
    return slots.variables(rank);
  }

  /**
   * Runs the SavedModel of a checkpoint.
   *
   * @param checkpoint written by a tester or by the job
   * @param servingKey the receiver's key, {@code default} for the derived one
   * @param inputs by name: a text, number or truth value, or (nested) arrays or Lists of them, the
   *     batch dimension first
   * @return the outputs of the signature {@code serving_default}
   */
  public static Map<String, HeapTensor> predict(
      Path checkpoint, String servingKey, Map<String, ?> inputs) {
    return ServedModel.predict(checkpoint, servingKey, inputs);
  }

  /** The names of the validation metrics. */
  public List<String> metricNames() {
    return new ArrayList<>(check.metricNames());
  }

  /** Closes replicas, threads and files; a second call does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      slots.close();
    } finally {
      check.close();
      setup.directory().close();
    }
  }
}
