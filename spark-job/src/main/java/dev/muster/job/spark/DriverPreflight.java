package dev.muster.job.spark;

import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.TrialException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.spark.SparkConf;
import org.jspecify.annotations.Nullable;

/**
 * The part of the pre-flight that needs no Spark session: storage, slots, jars, TensorFlow, the
 * trial and the checkpoint that it begins with. What it has opened and built is the run's. Confined
 * to the driver's thread.
 */
final class DriverPreflight implements AutoCloseable {
  private final ExperimentConfig config;
  private final TrialDefinition definition;
  private final SparkConf conf;
  private final Preflight preflight;
  private final StartPoints points;
  private final @Nullable StartPoint resume;
  private @Nullable Storage storage;
  private @Nullable TrialCheck trial;
  private @Nullable StartPoint start;

  DriverPreflight(
      ExperimentConfig config,
      TrialDefinition definition,
      SparkConf conf,
      Preflight preflight,
      StartPoints points,
      @Nullable StartPoint resume) {
    this.config = config;
    this.definition = definition;
    this.conf = conf;
    this.preflight = preflight;
    this.points = points;
    this.resume = resume;
  }

  /** Opens the storage and tries it; null if it is of no use. */
  @Nullable Storage openStorage() {
    CredentialCheck credentials = new CredentialCheck(conf, config.checkpointStoragePath());
    List<Finding> lacking = credentials.beforeStorage();
    preflight.add(lacking);
    if (lacking.isEmpty()) {
      storage = preflight.attempt("storage", this::triedStorage);
    }
    if (storage != null) {
      preflight.add(credentials.lifetime());
    }
    return storage;
  }

  private Storage triedStorage() throws JobException {
    try {
      Storage opened =
          Storage.open(config.checkpointStoragePath(), ExperimentFile.hadoopProperties(conf));
      try {
        opened.probe();
      } catch (StorageException e) {
        opened.close();
        throw e;
      }
      preflight.add(
          Finding.fine("storage", opened.path() + ": files are created, renamed, listed, deleted"));
      return opened;
    } catch (StorageException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  /** Looks at everything but the storage. */
  void look() {
    if (conf.contains("spark.master")) {
      preflight.add(SlotCapacity.findings(conf, definition.slots()));
    }
    preflight.add(KubernetesAccess.findings(conf));
    preflight.attempt(
        "jars",
        () -> {
          UserJars.check();
          return null;
        });
    trial = lookAtTrial();
    start = lookAtStart();
    if (storage != null && trial != null) {
      preflight.add(
          StorageSpace.findings(storage.path(), storage.freeBytes(), trial.variableBytes()));
    }
  }

  private @Nullable TrialCheck lookAtTrial() {
    Boolean loaded =
        preflight.attempt(
            "host",
            () -> {
              try {
                NativeLibraries.load(conf, "of the driver");
                return true;
              } catch (HostProblemException e) {
                throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
              }
            });
    if (loaded == null) {
      return null;
    }
    TrialCheck built = preflight.attempt("trial", this::buildTrial);
    if (built != null) {
      preflight.add(
          Finding.fine(
              "trial",
              String.format(
                  Locale.ROOT,
                  "%s: its graphs are built, with %,d bytes of variables",
                  definition.entrypoint(),
                  built.variableBytes())));
      built.warnings().forEach(warning -> preflight.add(Finding.warning("trial", warning)));
      preflight.attempt("metric", () -> checkMetric(built));
    }
    return built;
  }

  private TrialCheck buildTrial() throws JobException {
    try {
      return TrialCheck.of(definition, resume == null ? 0 : resume.initialBatch());
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

  private @Nullable Void checkMetric(TrialCheck built) throws JobException {
    try {
      built.checkSearcherMetric(config.searcher().metric());
      return null;
    } catch (TrialException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    }
  }

  /** The checkpoint that the trial begins with, found to fit the trial; null if there is none. */
  private @Nullable StartPoint lookAtStart() {
    Storage opened = storage;
    TrialCheck built = trial;
    if (opened == null || built == null) {
      return resume;
    }
    return preflight.attempt(
        "start",
        () -> {
          try {
            StartPoint found = resume;
            if (found == null && config.searcher().source().isPresent()) {
              found = points.warmStart(opened, config.searcher().source().get());
            }
            if (found != null) {
              preflight.add(points.check(found, built));
            }
            return found;
          } catch (StorageException e) {
            throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
          }
        });
  }

  /** What a slot of the trial needs of memory: a step is run on the driver. */
  TrialMemory measure(TrialCheck built) throws InterruptedException {
    int stride = RecordLayout.of(built.trainingData().columns()).stride();
    long batchBytes = (long) stride * built.perSlotBatchSize();
    long stepBytes = 0;
    try {
      DriverStep.Activations measured =
          new DriverStep(built, LocalDirectories.first(conf)).activations();
      stepBytes = measured.bytes();
      preflight.add(
          Finding.fine(
              "memory",
              String.format(
                  Locale.ROOT,
                  "a step on the %d records of a slot holds %.1f MiB of activations and gradients, %s",
                  measured.perSlot(),
                  (double) stepBytes / (1 << 20),
                  measured.isMeasured()
                      ? "measured on the driver"
                      : "in proportion to steps on 1 to " + measured.ran() + " records")));
    } catch (DriverStep.FailedException e) {
      preflight.add(
          Finding.warning(
              "memory",
              "a step's activations were not measured on records of zeros: %s; if executors are killed, set spark.executor.memoryOverhead"
                  .formatted(e.getMessage())));
    }
    return new TrialMemory(built.variableBytes(), stepBytes, batchBytes);
  }

  /** The storage, after a pre-flight without problems. */
  Storage storage() {
    return Objects.requireNonNull(storage);
  }

  /** The trial, after a pre-flight without problems. */
  TrialCheck trial() {
    return Objects.requireNonNull(trial);
  }

  /** The trial, if it could be built. */
  @Nullable TrialCheck trialIfBuilt() {
    return trial;
  }

  /** The checkpoint that the trial begins with; null: it begins from the beginning. */
  @Nullable StartPoint start() {
    return start;
  }

  @Override
  public void close() {
    if (trial != null) {
      trial.close();
    }
    if (storage != null) {
      storage.close();
    }
  }
}
