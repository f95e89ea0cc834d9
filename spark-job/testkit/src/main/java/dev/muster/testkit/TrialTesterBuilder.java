package dev.muster.testkit;

import dev.muster.job.config.ConfigException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.MemorySource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The setting of a {@link TrialTester}. Confined to one thread. */
public final class TrialTesterBuilder {
  private static final long DEFAULT_SEED = 1;

  private final String entrypoint;
  private final List<String> overrides = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private String yaml = "";
  private String yamlName = "the test's configuration";
  private int threads = 1;
  private Duration limit = Duration.ofSeconds(120);
  private @Nullable MemorySource training;
  private @Nullable MemorySource validation;
  private @Nullable Path directory;
  private @Nullable Path resumeFrom;

  TrialTesterBuilder(String entrypoint) {
    this.entrypoint = entrypoint;
  }

  /**
   * The experiment's configuration as YAML. Default: nothing, and what a test does not care for may
   * be missing: name, entrypoint, searcher and checkpoint storage. {@code global_batch_size} is
   * required, here or by {@link #hparam}.
   */
  public TrialTesterBuilder config(String configYaml) {
    yaml = configYaml;
    return this;
  }

  /** The experiment's configuration from a file; see {@link #config(String)}. */
  public TrialTesterBuilder config(Path experimentFile) {
    try {
      yaml = Files.readString(experimentFile);
    } catch (IOException e) {
      throw new TrialException("Cannot read experiment file " + experimentFile + ": " + e, e);
    }
    yamlName = experimentFile.toString();
    return this;
  }

  /** The experiment's configuration as nested maps; see {@link #config(String)}. */
  public TrialTesterBuilder config(Map<String, ?> config) {
    return config(ExperimentConfig.yamlOf(config));
  }

  /**
   * One value of the configuration, whatever it was before.
   *
   * @param key dotted, e.g. {@code optimizations.aggregation_frequency}
   * @param value a text, number, truth value, List or Map
   */
  public TrialTesterBuilder set(String key, Object value) {
    overrides.add(
        key
            + "="
            + ExperimentConfig.yamlOf(Map.of("value", value)).strip().substring("value:".length()));
    return this;
  }

  /** One hyperparameter; see {@link #set}. */
  public TrialTesterBuilder hparam(String name, Object value) {
    return set("hyperparameters." + name, value);
  }

  /** The number of slots, {@code resources.slots_per_trial}; default 1. */
  public TrialTesterBuilder slots(int slots) {
    return set("resources.slots_per_trial", slots);
  }

  /** The trial's seed, {@code reproducibility.experiment_seed}; default 1. */
  public TrialTesterBuilder seed(int seed) {
    return set("reproducibility.experiment_seed", seed);
  }

  /** TensorFlow's threads in each slot; default 1, with which a test gives the same bits again. */
  public TrialTesterBuilder threads(int perSlot) {
    threads = perSlot;
    return this;
  }

  /**
   * Rows instead of those of the trial's training data set; its columns, shuffling and batches
   * stay.
   *
   * @param rows as in {@link dev.muster.trial.data.Dataset#rows}
   */
  public TrialTesterBuilder trainingData(List<? extends Map<String, ?>> rows) {
    training = MemorySource.of(rows);
    return this;
  }

  /** Rows instead of those of the trial's validation data set; see {@link #trainingData}. */
  public TrialTesterBuilder validationData(List<? extends Map<String, ?>> rows) {
    validation = MemorySource.of(rows);
    return this;
  }

  /** Where checkpoints go. Default: a temporary directory that {@code close} deletes. */
  public TrialTesterBuilder directory(Path checkpoints) {
    directory = checkpoints;
    return this;
  }

  /** Goes on from a checkpoint, of a tester or of the job (a local copy). */
  public TrialTesterBuilder resumeFrom(Path checkpoint) {
    resumeFrom = checkpoint;
    return this;
  }

  /** What goes wrong. */
  public TrialTesterBuilder faults(Fault... more) {
    faults.addAll(List.of(more));
    return this;
  }

  /** How long one call of the tester may take; default 120 s. */
  public TrialTesterBuilder limit(Duration perCall) {
    limit = perCall;
    return this;
  }

  /**
   * Builds the trial in all slots.
   *
   * @throws TrialException if the configuration, the trial or its data is wrong
   */
  public TrialTester open() {
    ExperimentConfig config = config();
    for (Fault fault : faults) {
      if (fault.rank() >= config.slotsPerTrial()
          || (fault instanceof Fault.DropLink && config.slotsPerTrial() == 1)) {
        throw new IllegalArgumentException(
            "Cannot make %s happen: the trial has %d slots"
                .formatted(fault, config.slotsPerTrial()));
      }
    }
    WorkDirectory work = WorkDirectory.of(directory);
    try {
      return TrialTester.open(
          new TesterSetup(
              config, threads, limit, training, validation, work, resumeFrom, List.copyOf(faults)));
    } catch (RuntimeException | Error e) {
      work.close();
      throw e;
    }
  }

  private ExperimentConfig config() {
    List<String> all = new ArrayList<>(overrides);
    all.add("entrypoint=" + entrypoint);
    try {
      ExperimentConfig config = ExperimentConfig.parseForTest(yaml, yamlName, all);
      return config.experimentSeed().isPresent() ? config : config.withExperimentSeed(DEFAULT_SEED);
    } catch (ConfigException e) {
      throw new TrialException(
          "Cannot test trial " + entrypoint + ": its configuration has problems\n" + e.getMessage(),
          e);
    }
  }
}
