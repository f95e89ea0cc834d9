package dev.muster.job.spark;

import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.job.search.WorkloadSequencer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An experiment on a cluster: context, data, legs, result. Confined to the driver's thread. */
final class ExperimentRun {
  private static final Logger LOG = LoggerFactory.getLogger(ExperimentRun.class);

  private final ExperimentConfig config;
  private final TrialDefinition definition;
  private final TrialCheck check;
  private final Storage storage;
  private final ExperimentDirectory directory;
  private final Consumer<String> lines;

  ExperimentRun(
      ExperimentConfig config,
      TrialDefinition definition,
      TrialCheck check,
      Storage storage,
      ExperimentDirectory directory,
      Consumer<String> lines) {
    this.config = config;
    this.definition = definition;
    this.check = check;
    this.storage = storage;
    this.directory = directory;
    this.lines = lines;
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
        return trained(spark, result);
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

  @SuppressWarnings("CatchingUnchecked") // Scala's methods throw checked exceptions undeclared
  private static SparkSession start(SparkConf conf) throws JobException {
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (Exception e) {
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
    if (conf.get("spark.submit.deployMode", "client").equals("cluster")
        && conf.get("spark.master", "").startsWith("yarn")) {
      lines.accept("the driver's log: yarn logs -applicationId " + id + " -am 1");
    }
    lines.accept("experiment " + directory.path());
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
      trial.put("batches", 0);
      trial.put("records", 0);
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

  private JobExit trained(SparkSession spark, ResultFile result)
      throws JobException, InterruptedException {
    EncodingRun encoding = new EncodingRun(spark, config.waitForSlots(), lines);
    int slots = definition.slots();
    Legs legs = new Legs(spark.sparkContext());
    try (ShardedData training = encoding.encode("training data", check.trainingData(), slots);
        ShardedData validation = encoding.encode("validation data", check.validationData(), slots);
        StopRequests stop = new StopRequests(directory, legs::requestStop)) {
      refuseEmpty("training", training);
      refuseEmpty("validation", validation);
      warnOfUnevenBatches(slots);
      WorkloadSequencer sequencer =
          WorkloadSequencer.of(config, (long) check.perSlotBatchSize() * slots, training.records());
      TrialRun.End end =
          new TrialRun(
                  setting(spark, legs, training, validation),
                  sequencer,
                  commit(spark.sparkContext().getConf(), training.location()),
                  result,
                  new TrialProgress(definition.trialId(), lines),
                  stop)
              .run();
      legs.release(Integer.toString(definition.trialId()));
      JobExit exit = end == TrialRun.End.STOPPED ? JobExit.STOPPED : JobExit.DONE;
      ResultFile.State state =
          end == TrialRun.End.STOPPED ? ResultFile.State.STOPPED : ResultFile.State.COMPLETED;
      result.ended(state, exit, null);
      ResultLines.print(state, directory.path(), result, config.searcher().metric(), lines);
      return exit;
    }
  }

  private TrialRun.Setting setting(
      SparkSession spark, Legs legs, ShardedData training, ShardedData validation) {
    SparkConf conf = spark.sparkContext().getConf();
    return new TrialRun.Setting(
        JavaSparkContext.fromSparkContext(spark.sparkContext()),
        legs,
        definition,
        check,
        new TrialOrder.StorageAddress(storage.path(), ExperimentFile.hadoopProperties(conf)),
        training.location(),
        validation.location(),
        config.waitForSlots(),
        config.progressTimeout(),
        config.searcher().metric());
  }

  private CheckpointCommit commit(SparkConf conf, ShardLocation training) {
    return new CheckpointCommit(
        directory,
        config.toYaml(),
        definition.entrypoint(),
        UserJars.jarOf(definition.entrypoint()),
        DataState.of(training, check.trainingData(), definition.seed()),
        LocalDirectories.first(conf));
  }

  private static void refuseEmpty(String what, ShardedData data) throws JobException {
    if (data.records() == 0) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot use the " + what + " data: its source has no records; check its path");
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
