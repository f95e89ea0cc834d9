package dev.muster.job.spark;

import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.TrialException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;

/** The door for the command line: an experiment from its file to its exit code. */
public final class ExperimentJob {
  private static final int TRIAL_ID = 1;

  private final RunRequest request;
  private final Consumer<String> lines;
  private final SparkConf conf;

  /**
   * A job that has not begun.
   *
   * @param lines takes lines for people; called from several threads
   */
  public ExperimentJob(RunRequest request, Consumer<String> lines) {
    this.request = request;
    this.lines = lines;
    this.conf = new SparkConf();
  }

  /** What is known before anything is started. */
  private record Plan(ExperimentConfig config, TrialDefinition definition, TrialCheck check) {}

  /**
   * Runs the experiment.
   *
   * @throws JobException with the exit code and the message for the user
   */
  public JobExit run() throws JobException, InterruptedException {
    Plan plan = plan();
    try (TrialCheck check = plan.check();
        Storage storage = open(plan.config())) {
      ExperimentDirectory directory = directory(storage, plan.definition().experimentId());
      Optional<JobExit> earlier = earlierEnd(directory);
      if (earlier.isPresent()) {
        return earlier.get();
      }
      ClusterSettings.apply(conf, plan.config().slotsPerTrial(), check.variableBytes(), lines);
      return new ExperimentRun(plan.config(), plan.definition(), check, storage, directory, lines)
          .run(conf);
    } catch (StorageException e) { // before the context; a run tells its own
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Checks the configuration, the trial and the storage, without a cluster.
   *
   * @throws JobException with what is wrong
   */
  public void check() throws JobException {
    Plan plan = plan();
    try (TrialCheck check = plan.check();
        Storage storage = open(plan.config())) {
      lines.accept(
          "%s: the configuration, the trial and the storage %s are in order; %,d bytes of variables"
              .formatted(request.file(), storage.path(), check.variableBytes()));
    }
  }

  private Plan plan() throws JobException {
    ExperimentConfig config = withSeed(ExperimentFile.read(request, conf));
    UserJars.check();
    SlotCapacity.check(conf, config.slotsPerTrial());
    try {
      NativeLibraries.load(conf, "of the driver");
    } catch (HostProblemException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
    TrialDefinition definition =
        new TrialDefinition(
            experimentId(config),
            TRIAL_ID,
            config.experimentSeed().orElseThrow(),
            config.entrypoint(),
            config.toMap(),
            config.slotsPerTrial());
    return new Plan(config, definition, buildTrial(config, definition));
  }

  private static ExperimentConfig withSeed(ExperimentConfig config) {
    return config.experimentSeed().isPresent()
        ? config
        : config.withExperimentSeed(new SecureRandom().nextInt(Integer.MAX_VALUE));
  }

  private static TrialCheck buildTrial(ExperimentConfig config, TrialDefinition definition)
      throws JobException {
    try {
      TrialCheck check = TrialCheck.of(definition);
      check.checkSearcherMetric(config.searcher().metric());
      return check;
    } catch (InvalidHyperparameterException e) {
      throw new JobException(
          JobExit.USER,
          "Cannot train trial %s with hyperparameters %s: %s"
              .formatted(config.entrypoint(), config.hyperparameters(), e.getMessage()),
          e);
    } catch (TrialException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  private Storage open(ExperimentConfig config) throws JobException {
    try {
      Storage storage =
          Storage.open(config.checkpointStoragePath(), ExperimentFile.hadoopProperties(conf));
      storage.probe();
      return storage;
    } catch (StorageException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  /** A name that a second attempt of the same application finds again. */
  private String experimentId(ExperimentConfig config) {
    if (request.name().isPresent()) {
      return request.name().get();
    }
    String slug = config.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    return slug
        + "-"
        + applicationId()
            .orElseGet(
                () ->
                    DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS", Locale.ROOT)
                        .withZone(ZoneOffset.UTC)
                        .format(Instant.now()));
  }

  /** The manager's id of the application, where the driver is told it before its context exists. */
  private Optional<String> applicationId() {
    for (String key : new String[] {"spark.yarn.app.id", "spark.app.id"}) {
      if (conf.contains(key)) {
        return Optional.of(conf.get(key));
      }
    }
    return Optional.empty();
  }

  private static ExperimentDirectory directory(Storage storage, String id) throws JobException {
    try {
      return storage.experiment(id);
    } catch (IllegalArgumentException e) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot name the experiment's directory: %s; choose another --name"
              .formatted(e.getMessage()),
          e);
    }
  }

  /** An application's second attempt ends as the first did; another run's name is refused. */
  private Optional<JobExit> earlierEnd(ExperimentDirectory directory) throws JobException {
    if (!directory.exists()) {
      return Optional.empty();
    }
    Optional<Integer> code = applicationId().flatMap(id -> ResultFile.endedWith(directory, id));
    if (code.isPresent()) {
      lines.accept(
          "experiment %s has ended with exit code %d in an earlier attempt of this application; see %s/%s"
              .formatted(directory.path(), code.get(), directory.path(), ResultFile.NAME));
      return Optional.of(JobExit.ofCode(code.get()));
    }
    String died =
        "Cannot go on with experiment %s: the driver of an earlier attempt of this application died"
            .formatted(directory.path());
    if (applicationId().filter(id -> ResultFile.abandoned(directory, id, died)).isPresent()) {
      throw new JobException(
          JobExit.INFRASTRUCTURE,
          died + " (going on is not supported yet); its checkpoints are kept");
    }
    throw new JobException(
        JobExit.SETUP,
        "Cannot run experiment %s: expected a new directory, found one that exists already; choose another --name (going on with an experiment is not supported yet)"
            .formatted(directory.path()));
  }

  /**
   * Leaves a stop request in an experiment's directory.
   *
   * @param experimentDirectory as printed by {@code run}
   * @throws JobException when there is no experiment
   */
  public static void stop(String experimentDirectory) throws JobException {
    String trimmed = experimentDirectory.replaceAll("/+$", "");
    int slash = trimmed.lastIndexOf('/');
    if (slash <= 0) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot stop " + experimentDirectory + ": give the experiment's whole directory");
    }
    Map<String, String> hadoop = ExperimentFile.hadoopProperties(new SparkConf());
    try (Storage storage = Storage.open(trimmed.substring(0, slash), hadoop)) {
      ExperimentDirectory directory = storage.experiment(trimmed.substring(slash + 1));
      if (directory.read(ResultFile.NAME).isEmpty()) {
        throw new JobException(
            JobExit.SETUP,
            "Cannot stop %s: it is no experiment's directory (it has no %s)"
                .formatted(experimentDirectory, ResultFile.NAME));
      }
      directory.write(ExperimentDirectory.STOP_FILE_NAME, new byte[0]);
    } catch (StorageException e) {
      throw new JobException(JobExit.INFRASTRUCTURE, String.valueOf(e.getMessage()), e);
    }
  }
}
