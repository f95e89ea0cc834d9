package dev.muster.job.spark;

import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.data.EncodingOrder;
import dev.muster.job.data.Pass;
import dev.muster.job.data.SlotShare;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.job.search.SequencerState;
import dev.muster.job.search.WorkloadSequencer;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An experiment on a cluster: context, data, legs, result. Confined to the driver's thread. */
final class ExperimentRun {
  private static final Logger LOG = LoggerFactory.getLogger(ExperimentRun.class);

  /** One data set may go while the other is encoded again. */
  private static final int STORE_ROUNDS = 3;

  private final ExperimentConfig config;
  private final TrialDefinition definition;
  private final TrialCheck check;
  private final Storage storage;
  private final ExperimentDirectory directory;
  private final Consumer<String> lines;
  private final @Nullable StartPoint start;
  private final Preflight preflight;
  private final boolean acceptChangedData;

  ExperimentRun(
      ExperimentConfig config,
      TrialDefinition definition,
      TrialCheck check,
      Storage storage,
      ExperimentDirectory directory,
      Consumer<String> lines,
      @Nullable StartPoint start,
      Preflight preflight,
      boolean acceptChangedData) {
    this.config = config;
    this.definition = definition;
    this.check = check;
    this.storage = storage;
    this.directory = directory;
    this.lines = lines;
    this.start = start;
    this.preflight = preflight;
    this.acceptChangedData = acceptChangedData;
  }

  JobExit run(SparkConf conf) throws JobException, InterruptedException {
    String name = conf.get("spark.app.name", "");
    if (name.isEmpty() || name.startsWith("dev.muster.job.") || name.startsWith("muster-job-")) {
      // spark-submit's own choice: the main class or the jar
      conf.setAppName("muster " + config.name());
    }
    try (SparkSession spark = start(conf)) {
      announce(spark, conf);
      ResultFile result = create(spark);
      try {
        Sources sources = new Sources(spark);
        lookAround(sources);
        return trained(sources, result);
      } catch (StorageException e) {
        throw failed(
            result, new JobException(JobExit.INFRASTRUCTURE, String.valueOf(e.getMessage()), e));
      } catch (JobException e) {
        throw failed(result, e);
      } catch (RuntimeException | Error e) {
        throw failed(result, new JobException(JobExit.DEFECT, "A defect of Muster's own: " + e, e));
      }
    }
  }

  /** The rest of the pre-flight. */
  private void lookAround(Sources sources) throws JobException, InterruptedException {
    try {
      new SessionPreflight(sources, check, definition.slots(), preflight)
          .look(storage, config.waitForSlots(), lines);
    } catch (GangException e) {
      throw new JobException(JobExit.of(e.kind()), String.valueOf(e.getMessage()), e);
    }
    preflight.end();
  }

  @SuppressWarnings("CatchingUnchecked") // Scala's methods throw checked exceptions undeclared
  static SparkSession start(SparkConf conf) throws JobException {
    try {
      // Settings given to the builder would be logged at debug by Spark, secrets with them.
      return ScalaBridge.session(SparkContext.getOrCreate(conf));
    } catch (Exception e) {
      YarnRun.refuseUnknownQueue(conf, e);
      throw new JobException(
          JobExit.INFRASTRUCTURE,
          "Cannot start Spark on master %s: %s"
              .formatted(conf.get("spark.master", "(none)"), e.getMessage()),
          e);
    }
  }

  private void announce(SparkSession spark, SparkConf conf) {
    String id = spark.sparkContext().applicationId();
    lines.accept("application " + id + " on " + spark.sparkContext().master());
    ScalaBridge.uiAddress(spark.sparkContext()).ifPresent(address -> lines.accept("UI " + address));
    if (Master.isYarn(conf) && Master.isClusterMode(conf)) {
      lines.accept("the driver's log: yarn logs -applicationId " + id + " -am 1");
    }
    if (KubernetesServer.isDriverPod(conf)) {
      lines.accept(
          "the driver's log: kubectl logs -n %s %s"
              .formatted(
                  KubernetesServer.namespace(conf),
                  conf.get("spark.kubernetes.driver.pod.name", "POD")));
    }
    lines.accept("experiment " + directory.path());
    YarnRun.logs(conf, id).ifPresent(lines);
    if (start != null) {
      lines.accept(start.line());
    }
  }

  private ResultFile create(SparkSession spark) throws JobException {
    try {
      directory.create();
      directory.write("experiment.yaml", config.toYaml().getBytes(StandardCharsets.UTF_8));
      Map<String, Object> head = new LinkedHashMap<>();
      head.put("experiment_id", definition.experimentId());
      head.put("spark_application_id", spark.sparkContext().applicationId());
      head.put("name", config.name());
      Map<String, Object> trial = new LinkedHashMap<>();
      trial.put("id", definition.trialId());
      trial.put("hparams", config.hyperparameters());
      trial.put("restarts", 0);
      trial.put("slots", definition.slots());
      trial.put("batches", start == null ? 0 : start.initialBatch());
      trial.put("records", start == null ? 0 : start.initialRecords());
      ResultFile result =
          new ResultFile(
              directory,
              Clock.systemUTC(),
              head,
              trial,
              config.searcher().metric(),
              config.searcher().smallerIsBetter());
      result.write();
      return result;
    } catch (StorageException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  private JobExit trained(Sources sources, ResultFile result)
      throws JobException, InterruptedException {
    SparkSession spark = sources.spark();
    Legs legs = new Legs(spark.sparkContext());
    SlotResources resources = legs.resources();
    if (!resources.line().isEmpty()) {
      lines.accept(resources.line());
    }
    EncodingRun encoding = new EncodingRun(sources, config, resources, lines);
    int slots = definition.slots();
    try (ShardedData training =
            encoding.encode(
                "training data", check.trainingData(), order(check.trainingData(), true));
        ShardedData validation =
            encoding.encode(
                "validation data", check.validationData(), order(check.validationData(), false));
        StopRequests stop = new StopRequests(directory, legs::requestStop)) {
      refuseEmpty("training", training);
      refuseEmpty("validation", validation);
      refuseNoBatch(training, validation, slots);
      warnOfUnevenBatches(slots);
      warnOfFewRecords(training, slots);
      if (start != null) {
        List<String> names =
            List.of(check.trainingData().description(), check.validationData().description());
        start
            .check(state(training, validation), names, acceptChangedData)
            .forEach(changed -> lines.accept("note: " + changed + "; going on with it, as asked"));
      }
      TrialRun.End end;
      try (ExecutorHold ignored = legs.hold(Integer.toString(definition.trialId()))) {
        end =
            new TrialAttempts(
                    (from, legsBefore) ->
                        new TrialRun(
                            setting(spark, legs, training, validation, from, legsBefore),
                            sequencer(training, from),
                            commit(
                                spark.sparkContext().getConf(), () -> state(training, validation)),
                            result,
                            new TrialProgress(definition.trialId(), lines),
                            stop),
                    startPoints(spark),
                    result,
                    () -> List.of(training, validation).forEach(ShardedData::distrust),
                    lines)
                .run(start);
      }
      legs.release(Integer.toString(definition.trialId()));
      JobExit exit = end == TrialRun.End.STOPPED ? JobExit.STOPPED : JobExit.DONE;
      ResultFile.State state =
          end == TrialRun.End.STOPPED ? ResultFile.State.STOPPED : ResultFile.State.COMPLETED;
      result.ended(state, exit, null);
      ResultLines.print(state, directory.path(), result, config.searcher().metric(), lines);
      return exit;
    }
  }

  private StartPoints startPoints(SparkSession spark) {
    SparkConf conf = spark.sparkContext().getConf();
    return new StartPoints(ExperimentFile.hadoopProperties(conf), LocalDirectories.first(conf));
  }

  private WorkloadSequencer sequencer(ShardedData training, @Nullable StartPoint from) {
    int slots = definition.slots();
    return WorkloadSequencer.resume(
        config,
        (long) check.perSlotBatchSize() * slots,
        SlotShare.recordsRead(
            check.trainingData(), training.records(), check.perSlotBatchSize(), slots),
        from != null && from.isResume() ? from.sequence() : SequencerState.initial());
  }

  /** Executors may have gone with their part of the data, which those that come must find. */
  private void store(List<ShardedData> all) {
    for (int round = 0;
        round < STORE_ROUNDS && !all.stream().allMatch(ShardedData::isStored);
        round++) {
      for (ShardedData data : all) {
        if (!data.isStored()) {
          LOG.info("Encoding again what executors took with them of RDD {}", data.rddId());
          data.materializeAgain(acceptChangedData);
        }
      }
    }
  }

  private TrialRun.Setting setting(
      SparkSession spark,
      Legs legs,
      ShardedData training,
      ShardedData validation,
      @Nullable StartPoint from,
      int legsBefore) {
    return new TrialRun.Setting(
        JavaSparkContext.fromSparkContext(spark.sparkContext()),
        legs,
        definition,
        check,
        new TrialOrder.StorageAddress(storage.path(), storage.hadoopProperties()),
        training,
        validation,
        config.waitForSlots(),
        config.progressTimeout(),
        config.searcher().metric(),
        from,
        legsBefore,
        () -> store(List.of(training, validation)));
  }

  private DataState state(ShardedData training, ShardedData validation) {
    return new DataState(
        DataState.Part.of(training, check.trainingData(), definition.seed()),
        DataState.Part.of(validation, check.validationData(), definition.seed()));
  }

  /** How the slots will read a data set: in the order that the trial goes on with, if it does. */
  private EncodingOrder order(Dataset dataset, boolean isTraining) {
    OptionalInt wanted = OptionalInt.empty();
    if (start != null && start.isResume()) {
      DataState.Part before = isTraining ? start.data().training() : start.data().validation();
      wanted = OptionalInt.of(before.logicalShards());
    }
    EncodingOrder order =
        EncodingOrder.of(dataset, definition.slots(), check.perSlotBatchSize(), wanted);
    if (isTraining && wanted.isPresent() && wanted.getAsInt() % order.slots() != 0) {
      lines.accept(
          "note: %d slots do not divide the %d logical shards of the checkpoint's training data: records come in the same order, but a batch is not shared out evenly"
              .formatted(order.slots(), wanted.getAsInt()));
    }
    return order;
  }

  private CheckpointCommit commit(SparkConf conf, Supplier<DataState> order) {
    return new CheckpointCommit(
        directory,
        config.toYaml(),
        definition.entrypoint(),
        UserJars.jarOf(definition.entrypoint()),
        order,
        LocalDirectories.first(conf));
  }

  private static void refuseEmpty(String what, ShardedData data) throws JobException {
    if (data.records() == 0) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot use the " + what + " data: its source has no records; check its path");
    }
  }

  private void refuseNoBatch(ShardedData training, ShardedData validation, int slots)
      throws JobException {
    try {
      check.refuseNoBatch(training.records(), validation.records(), slots);
    } catch (TrialException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  private void warnOfUnevenBatches(int slots) {
    int global = config.globalBatchSize();
    if (global % slots != 0) {
      lines.accept(
          "warning: global_batch_size %d is no multiple of %d slots; a step takes %d examples"
              .formatted(global, slots, check.perSlotBatchSize() * slots));
    }
  }

  /** What the pre-flight, which reads few records, cannot see of a large batch. */
  private void warnOfFewRecords(ShardedData training, int slots) {
    int global = check.perSlotBatchSize() * slots;
    long records = Pass.of(check.trainingData(), training.records()).records();
    if (records < global) {
      lines.accept(
          "warning: the training data has %d records, less than one global batch of %d: each step takes what there is"
              .formatted(records, global));
    }
  }

  private static JobException failed(ResultFile result, JobException failure) {
    Map<String, Object> why = new LinkedHashMap<>();
    why.put("message", String.valueOf(failure.getMessage()));
    if (failure.getCause() instanceof SlotFailure slot) {
      why.put("rank", slot.rank());
      why.put("host", slot.host());
      why.put("executor", slot.executorId());
      why.put("step", slot.step());
      why.put("phase", slot.phase());
    }
    try {
      result.ended(ResultFile.State.FAILED, failure.exit(), why);
    } catch (RuntimeException e) {
      LOG.error("Cannot write the result", e);
      failure.addSuppressed(e);
    }
    return failure;
  }
}
