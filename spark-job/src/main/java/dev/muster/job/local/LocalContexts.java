package dev.muster.job.local;

import dev.muster.job.config.ConfigException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.runtime.LocalContext;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.LocalContextProvider;
import dev.muster.trial.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Makes contexts of one slot from a configuration. */
public final class LocalContexts implements LocalContextProvider {
  private static final long SEED = 1;

  /** Called by the service loader. */
  public LocalContexts() {}

  @Override
  public EstimatorTrialContext context(Map<String, ?> config) {
    return context(ExperimentConfig.yamlOf(config), "the configuration");
  }

  @Override
  public EstimatorTrialContext context(Path experimentFile) {
    try {
      return context(Files.readString(experimentFile), experimentFile.toString());
    } catch (IOException e) {
      throw new TrialException("Cannot read experiment file " + experimentFile + ": " + e, e);
    }
  }

  private static EstimatorTrialContext context(String yaml, String name) {
    try {
      ExperimentConfig config =
          ExperimentConfig.parseForTest(yaml, name, List.of("resources.slots_per_trial=1"));
      return LocalContext.of(
          new TrialDefinition(
              "local",
              1,
              config.experimentSeed().orElse(SEED),
              config.entrypoint(),
              config.toMap(),
              1));
    } catch (ConfigException e) {
      throw new TrialException(
          "Cannot make a context outside Spark: the configuration has problems\n" + e.getMessage(),
          e);
    }
  }
}
