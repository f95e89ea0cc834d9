package dev.muster.job.spark;

import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.checkpoint.StagedFile;
import dev.muster.job.runtime.TrainReport;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.job.search.Leg;
import dev.muster.job.search.Workload;
import dev.muster.job.search.WorkloadSequencer;
import dev.muster.trial.metric.MetricValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;

/** One trial from its first leg to its last. Confined to the driver's thread. */
final class TrialRun {
  /** What a trial's legs share. */
  record Setting(
      JavaSparkContext spark,
      Legs legs,
      TrialDefinition definition,
      TrialCheck check,
      TrialOrder.StorageAddress storage,
      ShardLocation training,
      ShardLocation validation,
      Duration waitForSlots,
      Duration progressTimeout,
      String searcherMetric) {}

  /** How a trial ended. */
  enum End {
    /** It was trained to its length. */
    COMPLETED,
    /** The trial itself asked to stop: it is complete. */
    COMPLETED_EARLY,
    /** Somebody asked the experiment to stop. */
    STOPPED
  }

  private final Setting setting;
  private final WorkloadSequencer sequencer;
  private final CheckpointCommit commit;
  private final ResultFile result;
  private final TrialProgress progress;
  private final BooleanSupplier stopRequested;
  private Map<String, Object> metrics = Map.of();
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
    this.sequencer = sequencer;
    this.commit = commit;
    this.result = result;
    this.progress = progress;
    this.stopRequested = stopRequested;
  }

  /** Runs all legs. */
  End run() throws JobException, InterruptedException {
    End end = End.COMPLETED;
    for (Leg leg = sequencer.nextLeg(); !leg.isEmpty(); leg = sequencer.nextLeg()) {
      legsRun++;
      LegReports reports = new LegReports(leg);
      run(reports);
      if (!reports.states.isEmpty()) {
        validated(reports.states);
      }
      if (stopRequested.getAsBoolean()) {
        end = End.STOPPED;
        sequencer.stop();
      } else if (reports.stopped) {
        end = End.COMPLETED_EARLY;
        sequencer.stop();
      }
    }
    return end;
  }

  private void run(LegReports reports) throws JobException, InterruptedException {
    TrialOrder order =
        new TrialOrder(
            setting.definition(),
            reports.steps,
            legsRun,
            setting.storage(),
            setting.training().encode(),
            setting.validation().encode(),
            setting.progressTimeout().toSeconds(),
            metrics);
    LegPlan plan =
        new LegPlan(
            Integer.toString(setting.definition().trialId()),
            setting.definition().slots(),
            order.encode(),
            TrialProgram.class.getName(),
            setting.waitForSlots(),
            setting.progressTimeout());
    try {
      setting.legs().run(plan, reports);
    } catch (GangException e) {
      throw new JobException(JobExit.of(e.kind()), String.valueOf(e.getMessage()), e);
    }
  }

  private void validated(List<byte[]> states) throws JobException {
    Map<String, MetricValue> values;
    try {
      values = setting.check().reduce(MetricAggregation.gather(setting.spark(), states));
    } catch (dev.muster.trial.TrialException e) {
      throw new JobException(JobExit.USER, String.valueOf(e.getMessage()), e);
    }
    Map<String, Object> plain = new LinkedHashMap<>();
    values.forEach((name, value) -> plain.put(name, plain(value)));
    plain.put(TrialOrder.GLOBAL_STEP, sequencer.batchesTrained());
    if (!(values.get(setting.searcherMetric()) instanceof MetricValue.Scalar searched)) {
      throw new JobException(
          JobExit.USER,
          "Cannot search by metric '%s': expected a scalar, found %s, which its reducer returned; have the reducer return a scalar, or set searcher.metric to another metric"
              .formatted(setting.searcherMetric(), told(plain.get(setting.searcherMetric()))));
    }
    metrics = plain;
    sequencer.validated(searched.value());
    result.validated(sequencer.batchesTrained(), plain, searched.value());
    progress.validated(sequencer.batchesTrained(), plain);
  }

  private static String told(@Nullable Object value) {
    return value instanceof List<?> list
        ? "an array of " + list.size() + " " + list
        : String.valueOf(value);
  }

  private static Object plain(MetricValue value) {
    if (value instanceof MetricValue.Scalar scalar) {
      return scalar.value();
    }
    return ((MetricValue.Vector) value).values();
  }

  /** Puts together what the slots report in one leg; on the thread {@code muster-reports}. */
  private final class LegReports implements LegListener {
    private final List<Workload> workloads;
    private final List<TrialOrder.Step> steps = new ArrayList<>();
    private final StepReports open = new StepReports(setting.definition().slots());
    private volatile List<byte[]> states = List.of();
    private volatile boolean stopped;

    LegReports(Leg leg) {
      workloads = leg.workloads();
      for (Workload workload : workloads) {
        if (workload instanceof Workload.Train train) {
          steps.add(new TrialOrder.Step(TrialOrder.Kind.TRAIN, train.batches(), ""));
        } else if (workload instanceof Workload.Validate) {
          steps.add(new TrialOrder.Step(TrialOrder.Kind.VALIDATE, 0, ""));
        } else {
          steps.add(
              new TrialOrder.Step(TrialOrder.Kind.CHECKPOINT, 0, UUID.randomUUID().toString()));
        }
      }
    }

    @Override
    public void onWaiting(String line) {
      progress.waiting(line);
    }

    @Override
    public void onSeated(List<Seated> slots) {
      progress.seated(slots);
    }

    @Override
    public boolean onReport(int rank, byte[] payload) {
      SlotReport report = SlotReport.decode(payload);
      open.add(rank, report).ifPresent(ofAll -> complete(report.step(), ofAll));
      return stopRequested.getAsBoolean();
    }

    private void complete(int step, List<SlotReport> reports) {
      Workload workload = workloads.get(step);
      if (reports.get(0) instanceof SlotReport.Trained) {
        sequencer.completed(workload);
        trained(reports.stream().map(r -> ((SlotReport.Trained) r).report()).toList());
      } else if (reports.get(0) instanceof SlotReport.Evaluated) {
        sequencer.completed(workload);
        states = reports.stream().map(r -> ((SlotReport.Evaluated) r).states().bytes()).toList();
      } else {
        staged(
            workload,
            UUID.fromString(steps.get(step).checkpoint()),
            reports.stream().map(r -> ((SlotReport.Staged) r).files()).toList());
      }
    }

    private void trained(List<TrainReport> reports) {
      double loss = 0;
      long examples = 0;
      long nanos =
          Long.MAX_VALUE; // of the slot that did not wait for another before the first step
      for (TrainReport report : reports) {
        loss += report.lossSum();
        examples += report.examples();
        nanos = Math.min(nanos, report.nanos());
        stopped |= report.stop();
      }
      records += examples;
      double mean = loss / Math.max(1, examples);
      double perSecond = examples * 1e9 / Math.max(1, nanos);
      Map<String, Object> training = new LinkedHashMap<>();
      training.put("loss", mean);
      training.put("examples_per_second", perSecond);
      result.trained(sequencer.batchesTrained(), records, training);
      progress.trained(sequencer.batchesTrained(), sequencer.batchesInAll(), mean, perSecond);
    }

    private void staged(Workload workload, UUID uuid, List<Blob> files) {
      List<StagedFile> all = new ArrayList<>();
      files.forEach(blob -> all.addAll(StagedFile.decode(blob.bytes())));
      sequencer.completed(workload);
      CommittedCheckpoint committed =
          commit.commit(uuid, TrialOrder.attempt(legsRun), all, sequencer.state());
      long batches = sequencer.batchesTrained();
      result.saved(
          new ResultFile.Saved(
              uuid.toString(), batches, committed.path(), TrialOrder.metricsAt(batches, metrics)));
      progress.saved(batches, committed.path());
    }
  }
}
