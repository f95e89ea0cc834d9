package dev.muster.job.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An experiment's configuration. Immutable to the depth; maps keep the file's order.
 *
 * @param name required
 * @param description default empty
 * @param labels default none
 * @param entrypoint the name of the trial's class; required
 * @param hyperparameters constants by name; a nested map is a group; values are Long, Double,
 *     String, Boolean, List or Map. It always holds {@code global_batch_size}
 * @param searcher what is searched, by which metric, and for how long
 * @param data what the trial reads as {@code context.data(name)}; values as in hyperparameters;
 *     default empty
 * @param schedulingUnit the most batches in one training workload; default 100
 * @param recordsPerEpoch records in one epoch; default: the size of the training data set
 * @param minValidationPeriod how much training between two validations; default: only at the end
 * @param minCheckpointPeriod how much training between two checkpoints; default: none by period
 * @param performInitialValidation whether to validate before training; default false
 * @param checkpointPolicy which validations are followed by a checkpoint; default best
 * @param checkpointStoragePath the Hadoop path below which the experiment's files go; required
 * @param optimizations how gradients become updates
 * @param slotsPerTrial replicas of a trial, at least 1; default 1
 * @param gpusPerSlot GPUs of a replica, 0 or 1; default 0: on the CPU
 * @param waitForSlots how long a trial waits for missing slots; default 600 s
 * @param progressTimeout how long a slot may make no progress; default 600 s
 * @param encodedData how much of the local disks the data may take up
 * @param checkVariablesEvery how many steps lie between two checks that all slots have the same
 *     variables; default 0: never
 * @param experimentSeed 0 to 2^31 - 1; by default empty, and the caller draws one and keeps it by
 *     {@link #withExperimentSeed}
 */
public record ExperimentConfig(
    String name,
    String description,
    List<String> labels,
    String entrypoint,
    Map<String, Object> hyperparameters,
    SearcherConfig searcher,
    Map<String, Object> data,
    int schedulingUnit,
    Optional<Long> recordsPerEpoch,
    Optional<Length> minValidationPeriod,
    Optional<Length> minCheckpointPeriod,
    boolean performInitialValidation,
    CheckpointPolicy checkpointPolicy,
    String checkpointStoragePath,
    Optimizations optimizations,
    int slotsPerTrial,
    int gpusPerSlot,
    Duration waitForSlots,
    Duration progressTimeout,
    EncodedData encodedData,
    int checkVariablesEvery,
    OptionalLong experimentSeed) {

  private static final List<String> TEST_DEFAULTS =
      List.of(
          "name=test",
          "entrypoint=none",
          "searcher.metric=loss",
          "searcher.max_length={batches: 100}",
          "checkpoint_storage.path=none");

  /** Copies the collections. */
  public ExperimentConfig {
    labels = List.copyOf(labels);
    hyperparameters = Values.copyOf(hyperparameters);
    data = Values.copyOf(data);
  }

  /**
   * Reads an experiment file.
   *
   * @param yaml the file's text
   * @param fileName how messages name the file
   * @throws ConfigException with all problems of the file
   */
  public static ExperimentConfig parse(String yaml, String fileName) throws ConfigException {
    return parse(yaml, fileName, List.of());
  }

  /**
   * Reads an experiment file, with values of the command line put in before it is checked.
   *
   * @param yaml the file's text
   * @param fileName how messages name the file
   * @param overrides {@code KEY=VALUE}, the key dotted, the value YAML; a later one wins; each
   *     replaces the whole value of its key
   * @throws ConfigException with all problems of the file and the overrides
   */
  public static ExperimentConfig parse(String yaml, String fileName, List<String> overrides)
      throws ConfigException {
    return ConfigReader.read(yaml, fileName, overrides, List.of());
  }

  /**
   * Reads a configuration for a unit test, in which what a test does not care for may be missing:
   * the name, the entrypoint, the searcher, and the storage of checkpoints.
   *
   * @param yaml the configuration's text
   * @param fileName how messages name it
   * @param overrides as in {@link #parse(String, String, List)}
   * @throws ConfigException with all problems
   */
  public static ExperimentConfig parseForTest(String yaml, String fileName, List<String> overrides)
      throws ConfigException {
    return ConfigReader.read(yaml.isBlank() ? "{}" : yaml, fileName, overrides, TEST_DEFAULTS);
  }

  /**
   * The text of a configuration that is given as nested maps.
   *
   * @param config maps with string keys, lists, texts, numbers and truth values
   */
  public static String yamlOf(Map<String, ?> config) {
    return ConfigWriter.yaml(config);
  }

  /** Records in one batch over all slots, as configured; at least {@link #slotsPerTrial}. */
  public int globalBatchSize() {
    if (hyperparameters.get("global_batch_size") instanceof Long size) {
      return Math.toIntExact(size);
    }
    throw new IllegalStateException(
        "Cannot read global_batch_size: expected an integer, found "
            + hyperparameters.get("global_batch_size"));
  }

  /** This configuration with the seed that the caller has drawn. */
  public ExperimentConfig withExperimentSeed(long seed) {
    return new ExperimentConfig(
        name,
        description,
        labels,
        entrypoint,
        hyperparameters,
        searcher,
        data,
        schedulingUnit,
        recordsPerEpoch,
        minValidationPeriod,
        minCheckpointPeriod,
        performInitialValidation,
        checkpointPolicy,
        checkpointStoragePath,
        optimizations,
        slotsPerTrial,
        gpusPerSlot,
        waitForSlots,
        progressTimeout,
        encodedData,
        checkVariablesEvery,
        OptionalLong.of(seed));
  }

  /**
   * The configuration as run, as YAML with the defaults filled in; {@link #parse} of it equals
   * this.
   */
  public String toYaml() {
    return ConfigWriter.write(this);
  }

  /** The configuration as run: nested maps, lists, texts, numbers and truth values. */
  public Map<String, Object> toMap() {
    return ConfigWriter.map(this);
  }
}
