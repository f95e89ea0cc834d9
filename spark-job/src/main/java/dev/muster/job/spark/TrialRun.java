package dev.muster.job.spark;

import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.checkpoint.StagedFile;
import dev.muster.job.runtime.TrainReport;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.job.search.Leg;
import dev.muster.job.search.Workload;
import dev.muster.job.search.WorkloadSequencer;
import dev.muster.trial.TrialException;
import dev.muster.trial.metric.MetricValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One trial from its first leg to its last. Confined to the driver's thread. */
final class TrialRun {
  /** What a trial's legs share. */
  record Setting(
      JavaSparkContext spark,
      Legs legs,
      TrialDefinition definition,
      TrialCheck check,
      TrialOrder.StorageAddress storage,
      ShardedData training,
      ShardedData validation,
      Duration waitForSlots,
      Duration progressTimeout,
      String searcherMetric,
      @Nullable StartPoint start,
      int legsBefore,
      Runnable beforeLeg) {
    /** {@code optimizations.average_training_metrics}: over the slots, or else the chief's. */
    boolean averagesTrainingMetrics() {
      return !(definition.experimentConfig().get("optimizations") instanceof Map<?, ?> keys)
          || !Boolean.FALSE.equals(keys.get("average_training_metrics"));
    }
  }

  /** How a trial ended. */
  enum End {
    /** It was trained to its length. */
    COMPLETED,
    /** The trial itself asked to stop: it is complete. */
    COMPLETED_EARLY,
    /** Somebody asked the experiment to stop. */
    STOPPED
  }

  private static final Logger LOG = LoggerFactory.getLogger(TrialRun.class);

  /** How often a validation is run before the loss of its states ends the trial. */
  private static final int VALIDATION_ATTEMPTS = 3;

  private final Setting setting;
  private final StateBlocks stateBlocks;
  private final WorkloadSequencer sequencer;
  private final CheckpointCommit commit;
  private final ResultFile result;
  private final TrialProgress progress;
  private final BooleanSupplier stopRequested;
  private Map<String, Object> metrics = Map.of();
  private long validatedAt = -1;
  private long records;
  private int legsRun;

  TrialRun(
      Setting setting,
      WorkloadSequencer sequencer,
      CheckpointCommit commit,
      ResultFile result,
      TrialProgress progress,
      BooleanSupplier stopRequested) {
    this.setting = setting;
    this.stateBlocks = new StateBlocks(setting.spark());
    this.sequencer = sequencer;
    this.commit = commit;
    this.result = result;
    this.progress = progress;
    this.stopRequested = stopRequested;
    this.legsRun = setting.legsBefore();
    StartPoint start = setting.start();
    this.records = start == null ? 0 : start.initialRecords();
  }

  /** The legs of this attempt and of those before it. */
  int legsRun() {
    return legsRun;
  }

  /** Runs all legs. */
  End run() throws JobException, InterruptedException {
    End end = End.COMPLETED;
    for (Leg leg = sequencer.nextLeg(); !leg.isEmpty(); leg = sequencer.nextLeg()) {
      legsRun++;
      LegReports reports = new LegReports(leg.workloads(), sequencer::completed);
      run(reports);
      if (!reports.states.isEmpty()) {
        validated(values(reports.states));
      }
      if (stopRequested.getAsBoolean()) {
        end = End.STOPPED;
        sequencer.stop();
      } else if (reports.stopped) {
        end = End.COMPLETED_EARLY;
        sequencer.stop();
      }
    }
    if (end != End.STOPPED && setting.check().hasTrainingHooks()) {
      endHooks();
    }
    return end;
  }

  /** What the cluster does to the slots now cannot undo a trial that is complete. */
  private void endHooks() throws JobException, InterruptedException {
    legsRun++;
    try {
      TrialOrder.Step end = new TrialOrder.Step(TrialOrder.Kind.END, 0, "");
      run(new LegReports(List.of(), List.of(end), workload -> {}));
    } catch (JobException e) {
      if (e.exit() != JobExit.INFRASTRUCTURE) {
        throw e;
      }
      progress.waiting(
          "warning: the trial is complete, but not all its hooks ended: " + e.getMessage());
    }
  }

  private void run(LegReports reports) throws JobException, InterruptedException {
    StartPoint start = setting.start();
    TrialOrder order =
        new TrialOrder(
            setting.definition(),
            reports.steps,
            legsRun,
            setting.storage(),
            setting.training().location().encode(),
            setting.validation().location().encode(),
            setting.progressTimeout().toSeconds(),
            metrics,
            validatedAt,
            legsRun == setting.legsBefore() + 1 && start != null ? start.order() : null,
            stateBlocks.rddId(),
            NetworkSecurity.isEncrypted(setting.spark().getConf()));
    LegPlan plan =
        new LegPlan(
            Integer.toString(setting.definition().trialId()),
            setting.definition().slots(),
            order.encode(),
            TrialProgram.class.getName(),
            setting.waitForSlots(),
            setting.progressTimeout());
    try {
      setting.beforeLeg().run();
      setting.legs().run(plan, reports);
    } catch (GangException e) {
      throw new JobException(JobExit.of(e.kind()), String.valueOf(e.getMessage()), e);
    }
  }

  /** The values of the metrics; a validation whose states are lost is repeated. */
  private Map<String, MetricValue> values(List<SlotStates> states)
      throws JobException, InterruptedException {
    MetricAggregation aggregation =
        new MetricAggregation(setting.spark(), setting.check(), setting.legs().resources());
    List<SlotStates> latest = states;
    try {
      for (int attempt = 1; ; attempt++) {
        try {
          return aggregation.values(latest);
        } catch (StatesMissingException e) {
          if (attempt == VALIDATION_ATTEMPTS) {
            throw new JobException(JobExit.INFRASTRUCTURE, String.valueOf(e.getMessage()), e);
          }
          LOG.warn("{}; the validation is repeated", e.getMessage());
          latest = evaluatedAgain();
        }
      }
    } catch (TrialException e) {
      throw new JobException(JobExit.USER, String.valueOf(e.getMessage()), e);
    } finally {
      if (latest.stream().anyMatch(SlotStates::isInBlock)) {
        stateBlocks.clear();
      }
    }
  }

  private List<SlotStates> evaluatedAgain() throws JobException, InterruptedException {
    legsRun++;
    LegReports again = new LegReports(List.of(new Workload.Validate()), workload -> {});
    run(again);
    return again.states;
  }

  private void validated(Map<String, MetricValue> values) throws JobException {
    Map<String, Object> plain = new LinkedHashMap<>();
    values.forEach((name, value) -> plain.put(name, plain(value)));
    plain.put(TrialOrder.GLOBAL_STEP, globalStep());
    if (!(values.get(setting.searcherMetric()) instanceof MetricValue.Scalar searched)) {
      throw new JobException(
          JobExit.USER,
          "Cannot search by metric '%s': expected a scalar, found %s, which its reducer returned; have the reducer return a scalar, or set searcher.metric to another metric"
              .formatted(setting.searcherMetric(), told(plain.get(setting.searcherMetric()))));
    }
    metrics = plain;
    validatedAt = sequencer.batchesTrained();
    sequencer.validated(searched.value());
    result.validated(sequencer.batchesTrained(), plain, searched.value());
    progress.validated(sequencer.batchesTrained(), plain);
  }

  private long globalStep() {
    StartPoint start = setting.start();
    return sequencer.batchesTrained() + (start == null ? 0 : start.globalStepLead());
  }

  private static String told(@Nullable Object value) {
    return value instanceof List<?> list
        ? "an array of " + list.size() + " " + list
        : value instanceof String text ? "the text '" + text + "'" : String.valueOf(value);
  }

  private static Object plain(MetricValue value) {
    if (value instanceof MetricValue.Scalar scalar) {
      return scalar.value();
    }
    if (value instanceof MetricValue.Array array) {
      return nested(array.shape(), array.values());
    }
    return ((MetricValue.Text) value).value();
  }

  /** The values of an array as lists in lists. */
  private static List<Object> nested(List<Integer> shape, List<Double> values) {
    if (shape.size() < 2) {
      return List.copyOf(values);
    }
    List<Object> rows = new ArrayList<>();
    int row = shape.get(0) == 0 ? 0 : values.size() / shape.get(0);
    for (int i = 0; i < shape.get(0); i++) {
      rows.add(nested(shape.subList(1, shape.size()), values.subList(i * row, (i + 1) * row)));
    }
    return rows;
  }

  private static List<TrialOrder.Step> steps(List<Workload> workloads) {
    List<TrialOrder.Step> steps = new ArrayList<>();
    for (Workload workload : workloads) {
      if (workload instanceof Workload.Train train) {
        steps.add(new TrialOrder.Step(TrialOrder.Kind.TRAIN, train.batches(), ""));
      } else if (workload instanceof Workload.Validate) {
        steps.add(new TrialOrder.Step(TrialOrder.Kind.VALIDATE, 0, ""));
      } else {
        steps.add(new TrialOrder.Step(TrialOrder.Kind.CHECKPOINT, 0, UUID.randomUUID().toString()));
      }
    }
    return steps;
  }

  /** Puts together what the slots report in one leg; on the thread {@code muster-reports}. */
  private final class LegReports implements LegListener {
    private final List<Workload> workloads;
    private final List<TrialOrder.Step> steps;
    private final StepReports open = new StepReports(setting.definition().slots());
    private final Consumer<Workload> completed;
    private volatile List<SlotStates> states = List.of();
    private volatile boolean stopped;

    /**
     * The reports of these workloads.
     *
     * @param completed is told each that all slots have completed
     */
    LegReports(List<Workload> workloads, Consumer<Workload> completed) {
      this(workloads, steps(workloads), completed);
    }

    LegReports(
        List<Workload> workloads, List<TrialOrder.Step> steps, Consumer<Workload> completed) {
      this.workloads = workloads;
      this.steps = steps;
      this.completed = completed;
    }

    @Override
    public void onWaiting(String line) {
      progress.waiting(line);
    }

    @Override
    public void onSeated(List<Seated> slots) {
      progress.seated(slots);
      result.placed(slots);
    }

    @Override
    public boolean onReport(int rank, byte[] payload) {
      SlotReport report = SlotReport.decode(payload);
      if (report instanceof SlotReport.Stopping) {
        stopped = true;
        return stopRequested.getAsBoolean();
      }
      open.add(rank, report).ifPresent(ofAll -> complete(report.step(), ofAll));
      return stopRequested.getAsBoolean();
    }

    private void complete(int step, List<SlotReport> reports) {
      if (reports.get(0) instanceof SlotReport.Ended) {
        return;
      }
      Workload workload = workloads.get(step);
      if (reports.get(0) instanceof SlotReport.Trained) {
        completed.accept(workload);
        trained(reports.stream().map(r -> ((SlotReport.Trained) r).report()).toList());
      } else if (reports.get(0) instanceof SlotReport.Evaluated) {
        completed.accept(workload);
        states =
            reports.stream()
                .map(r -> SlotStates.decode(((SlotReport.Evaluated) r).states().bytes()))
                .toList();
      } else {
        staged(
            workload,
            UUID.fromString(steps.get(step).checkpoint()),
            reports.stream().map(r -> ((SlotReport.Staged) r).files()).toList());
      }
    }

    private void trained(List<TrainReport> reports) {
      TrainingSummary summary = TrainingSummary.of(reports, setting.averagesTrainingMetrics());
      stopped |= summary.stop();
      records += summary.examples();
      Map<String, Object> training = new LinkedHashMap<>(summary.metrics());
      training.put("examples_per_second", summary.examplesPerSecond());
      result.trained(sequencer.batchesTrained(), records, training);
      setting
          .legs()
          .progress(
              Integer.toString(setting.definition().trialId()),
              sequencer.batchesTrained(),
              sequencer.batchesInAll());
      progress.trained(
          sequencer.batchesTrained(),
          sequencer.batchesInAll(),
          summary.metrics(),
          summary.examplesPerSecond());
    }

    private void staged(Workload workload, UUID uuid, List<Blob> files) {
      List<StagedFile> all = new ArrayList<>();
      files.forEach(blob -> all.addAll(StagedFile.decode(blob.bytes())));
      completed.accept(workload);
      CommittedCheckpoint committed =
          commit.commit(uuid, TrialOrder.attempt(legsRun), all, sequencer.state());
      long batches = sequencer.batchesTrained();
      result.saved(
          new ResultFile.Saved(
              uuid.toString(),
              batches,
              committed.path(),
              batches == validatedAt ? metrics : Map.of()));
      progress.saved(batches, committed.path());
    }
  }
}
