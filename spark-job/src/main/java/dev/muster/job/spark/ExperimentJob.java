package dev.muster.job.spark;

import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** The door for the command line: an experiment from its file to its exit code. */
public final class ExperimentJob {
  private static final int TRIAL_ID = 1;

  private final RunRequest request;
  private final Consumer<String> lines;
  private final SparkConf conf;
  private final @Nullable String resumeFrom;

  /**
   * A job that has not begun.
   *
   * @param lines takes lines for people; called from several threads
   */
  public ExperimentJob(RunRequest request, Consumer<String> lines) {
    this(request, lines, null);
  }

  /**
   * A job whose trial goes on from a checkpoint, in an experiment of its own. The seed is the
   * checkpoint's, and a source of a warm start is passed over.
   *
   * @param resumeFrom the checkpoint's directory, any Hadoop path; null: from the beginning
   */
  ExperimentJob(RunRequest request, Consumer<String> lines, @Nullable String resumeFrom) {
    this.request = request;
    this.resumeFrom = resumeFrom;
    this.lines = lines;
    this.conf = new SparkConf();
  }

  /**
   * Runs the experiment: first the pre-flight, then the trial.
   *
   * @throws JobException with the exit code and the message for the user
   */
  public JobExit run() throws JobException, InterruptedException {
    Preflight preflight = new Preflight(request.file(), lines);
    Plan plan = plan();
    try (DriverPreflight driver = driver(plan, preflight)) {
      Storage storage = driver.openStorage();
      ExperimentDirectory directory =
          storage == null
              ? null
              : preflight.attempt(
                  "name", () -> directory(storage, plan.definition().experimentId()));
      if (directory != null && directory.exists()) {
        Optional<JobExit> earlier = earlierEnd(directory);
        if (earlier.isPresent()) {
          return earlier.get();
        }
        preflight.add(used(directory));
      }
      ClusterSettings.applyFileSystems(conf, plan.config(), lines);
      look(driver, plan.definition(), preflight);
      if (preflight.hasProblems()) {
        preflight.end();
      }
      return new ExperimentRun(
              plan.config(),
              plan.definition(),
              driver.trial(),
              driver.storage(),
              Objects.requireNonNull(directory),
              lines,
              driver.start(),
              preflight,
              request.acceptChangedData())
          .run(conf);
    } catch (StorageException e) { // before the context; a run tells its own
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Does the pre-flight alone: without a cluster when there is no master, or on the cluster as a
   * run would.
   *
   * @throws JobException with what is wrong
   */
  public void check() throws JobException, InterruptedException {
    Preflight preflight = new Preflight(request.file(), lines);
    Plan plan = plan();
    boolean alone = !conf.contains("spark.master");
    try (DriverPreflight driver = driver(plan, preflight)) {
      driver.openStorage();
      ClusterSettings.applyFileSystems(conf, plan.config(), lines);
      look(driver, plan.definition(), preflight);
      if (alone) {
        preflight.add(
            Finding.warning(
                "cluster",
                "it was not looked at: there is no master; submit check as you submit run"
                    + " (spark-submit --master … check %s)".formatted(request.file())));
        conf.set("spark.master", "local[1]").set("spark.ui.enabled", "false");
      }
      TrialCheck trial = driver.trialIfBuilt();
      if (trial != null && (alone || !preflight.hasProblems())) {
        conf.setIfMissing("spark.app.name", "muster check");
        try (SparkSession spark = ExperimentRun.start(conf)) {
          SessionPreflight session =
              new SessionPreflight(new Sources(spark), trial, plan.definition().slots(), preflight);
          if (alone) {
            session.lookAtData();
          } else {
            session.look(driver.storage(), ClusterPreflight.CHECK_JOIN_DEADLINE, lines);
          }
        } catch (GangException e) {
          preflight.add(ClusterPreflight.missing(e));
        }
      }
      preflight.end();
    }
  }

  private void look(DriverPreflight driver, TrialDefinition definition, Preflight preflight)
      throws InterruptedException {
    preflight.add(GpuPreflight.look(conf, definition.gpusPerSlot(), lines));
    driver.look();
    TrialCheck trial = driver.trialIfBuilt();
    if (trial != null) {
      TrialMemory memory = driver.measure(trial);
      preflight.attempt(
          "settings",
          () -> {
            ClusterSettings.apply(conf, definition.slots(), memory, lines);
            return null;
          });
      preflight.add(YarnPreflight.check(conf, definition.slots(), memory));
      preflight.add(new MemoryCheck(conf, definition.slots(), memory).findings());
    }
  }

  private DriverPreflight driver(Plan plan, Preflight preflight) {
    return new DriverPreflight(
        plan.config(), plan.definition(), conf, preflight, startPoints(), plan.resume());
  }

  private StartPoints startPoints() {
    return new StartPoints(ExperimentFile.hadoopProperties(conf), LocalDirectories.first(conf));
  }

  /** What is known before anything was looked at. */
  private record Plan(
      ExperimentConfig config, TrialDefinition definition, @Nullable StartPoint resume) {}

  private Plan plan() throws JobException {
    JavaModules.check(conf);
    ExperimentConfig read = ExperimentFile.read(request, conf);
    StartPoint resume = resumeFrom == null ? null : resume(resumeFrom);
    ExperimentConfig config =
        resume == null ? withSeed(read) : read.withExperimentSeed(resume.trialSeed());
    TrialDefinition definition =
        new TrialDefinition(
            experimentId(config),
            TRIAL_ID,
            config.experimentSeed().orElseThrow(),
            config.entrypoint(),
            config.toMap(),
            config.slotsPerTrial());
    return new Plan(config, definition, resume);
  }

  private StartPoint resume(String path) throws JobException {
    try {
      return startPoints().resume(path);
    } catch (StorageException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  private static ExperimentConfig withSeed(ExperimentConfig config) {
    return config.experimentSeed().isPresent()
        ? config
        : config.withExperimentSeed(new SecureRandom().nextInt(Integer.MAX_VALUE));
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

  /** An application's second attempt ends as the first did. */
  private Optional<JobExit> earlierEnd(ExperimentDirectory directory) throws JobException {
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
    return Optional.empty();
  }

  private static Finding used(ExperimentDirectory directory) {
    return Finding.problem(
        "name",
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
