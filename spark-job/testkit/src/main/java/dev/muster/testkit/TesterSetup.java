package dev.muster.testkit;

import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.data.SlotShare;
import dev.muster.job.runtime.SlotData;
import dev.muster.job.runtime.StoredSlotData;
import dev.muster.job.runtime.TensorFlowRuntime;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.job.search.WorkloadSequencer;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.MemorySource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** What a tester was set up with, and the data that comes of it. Confined to the test's thread. */
final class TesterSetup {
  private static final String EXPERIMENT_ID = "local";
  private static final int TRIAL_ID = 1;

  private final ExperimentConfig config;
  private final int threads;
  private final Duration limit;
  private final @Nullable MemorySource training;
  private final @Nullable MemorySource validation;
  private final WorkDirectory directory;
  private final @Nullable Path resumeFrom;
  private final List<Fault> faults;
  private long trainingRecords;

  TesterSetup(
      ExperimentConfig config,
      int threads,
      Duration limit,
      @Nullable MemorySource training,
      @Nullable MemorySource validation,
      WorkDirectory directory,
      @Nullable Path resumeFrom,
      List<Fault> faults) {
    this.config = config;
    this.threads = threads;
    this.limit = limit;
    this.training = training;
    this.validation = validation;
    this.directory = directory;
    this.resumeFrom = resumeFrom;
    this.faults = faults;
  }

  ExperimentConfig config() {
    return config;
  }

  int threads() {
    return threads;
  }

  Duration limit() {
    return limit;
  }

  WorkDirectory directory() {
    return directory;
  }

  @Nullable Path resumeFrom() {
    return resumeFrom;
  }

  List<Fault> faults() {
    return faults;
  }

  TrialDefinition definition() {
    return new TrialDefinition(
        EXPERIMENT_ID,
        TRIAL_ID,
        config.experimentSeed().orElseThrow(),
        config.entrypoint(),
        config.toMap(),
        config.slotsPerTrial());
  }

  /** The trial as the driver builds it. */
  TrialCheck check() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("user.home"), ".javacpp", "cache"));
    TrialCheck check = TrialCheck.of(definition());
    try {
      check.checkSearcherMetric(config.searcher().metric());
      return check;
    } catch (RuntimeException e) {
      check.close();
      throw e;
    }
  }

  /** Reads and encodes the data sets; the data of each slot, to be opened on its thread. */
  IntFunction<SlotData> data(TrialCheck check) {
    int slots = config.slotsPerTrial();
    TestData trainingData =
        encode("training data", "trainingData", check.trainingData(), training, check);
    TestData validationData =
        encode("validation data", "validationData", check.validationData(), validation, check);
    check.refuseNoBatch(trainingData.size(), validationData.size(), slots);
    trainingRecords =
        SlotShare.recordsRead(
            check.trainingData(), trainingData.size(), check.perSlotBatchSize(), slots);
    return rank ->
        new StoredSlotData(
            trainingData.records(directory.path()),
            validationData.records(directory.path()),
            rank,
            slots);
  }

  private TestData encode(
      String name, String setter, Dataset dataset, @Nullable MemorySource given, TrialCheck check) {
    List<Map<String, @Nullable Object>> rows =
        given == null ? rows(name, setter, dataset) : given.rows();
    return TestData.encode(name, dataset, rows, config.slotsPerTrial(), check.perSlotBatchSize());
  }

  private static List<Map<String, @Nullable Object>> rows(
      String name, String setter, Dataset dataset) {
    if (dataset.source() instanceof MemorySource memory) {
      return memory.rows();
    }
    if (!hasSpark()) {
      throw new TrialException(
          "Cannot read the %s: its source '%s' needs Spark, which is not on the class path; hand in rows by %s(…), or add spark-sql with scope test"
              .formatted(name, dataset.description(), setter));
    }
    return SparkRows.of(dataset);
  }

  private static boolean hasSpark() {
    try {
      Class.forName("org.apache.spark.sql.SparkSession", false, TesterSetup.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The workloads from the beginning, or from where the checkpoint was; after {@link #data}. */
  WorkloadSequencer sequencer(int globalBatch) {
    return resumeFrom == null
        ? WorkloadSequencer.of(config, globalBatch, trainingRecords)
        : WorkloadSequencer.resume(
            config, globalBatch, trainingRecords, CheckpointDirectory.sequence(resumeFrom));
  }
}
