package dev.muster.job.cli;

import dev.muster.job.spark.ExperimentJob;
import dev.muster.job.spark.JobException;
import dev.muster.job.spark.RunRequest;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands of the job jar. */
@Command(
    name = "muster",
    mixinStandardHelpOptions = true,
    description = "Trains TensorFlow models on an Apache Spark cluster.",
    exitCodeOnInvalidInput = 2,
    exitCodeOnExecutionException = 1)
final class Commands implements Runnable {
  private final PrintStream out;

  @Spec @Nullable CommandSpec spec;

  Commands(PrintStream out) {
    this.out = out;
  }

  @Override
  public void run() {
    CommandSpec own = java.util.Objects.requireNonNull(spec);
    throw new ParameterException(own.commandLine(), "a command is missing: run, check or stop");
  }

  @Command(name = "run", description = "Runs the experiment.")
  int run(
      @Parameters(
              paramLabel = "EXPERIMENT.yaml",
              description = "A local file, one sent by --files, or any Hadoop path.")
          String file,
      @Option(
              names = "--config",
              paramLabel = "KEY=VALUE",
              description = "Overrides a key of the configuration, e.g. searcher.metric=loss.")
          @Nullable List<String> overrides,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "The experiment's id, and the name of its directory.")
          @Nullable String name,
      @Option(
              names = "--accept-changed-data",
              description =
                  "Goes on though the data is not what the checkpoint, or the run, began with.")
          boolean acceptChangedData)
      throws JobException, InterruptedException {
    return job(file, overrides, name, acceptChangedData).run().code();
  }

  @Command(
      name = "check",
      description =
          "Does the pre-flight alone: on the cluster when submitted as run is, or without one.")
  int check(
      @Parameters(paramLabel = "EXPERIMENT.yaml", description = "As for run.") String file,
      @Option(names = "--config", paramLabel = "KEY=VALUE", description = "As for run.")
          @Nullable List<String> overrides)
      throws JobException, InterruptedException {
    job(file, overrides, null, false).check();
    return 0;
  }

  @Command(
      name = "stop",
      description = "Has a running experiment take a checkpoint and end, within seconds.")
  int stop(
      @Parameters(
              paramLabel = "EXPERIMENT_DIRECTORY",
              description = "The directory that run has printed.")
          String directory)
      throws JobException {
    ExperimentJob.stop(directory);
    out.println("stop requested: " + directory);
    return 0;
  }

  private ExperimentJob job(
      String file,
      @Nullable List<String> overrides,
      @Nullable String name,
      boolean acceptChangedData) {
    return new ExperimentJob(
        new RunRequest(
            file,
            overrides == null ? List.of() : overrides,
            Optional.ofNullable(name),
            acceptChangedData),
        this::print);
  }

  private synchronized void print(String line) {
    out.println(line);
    out.flush();
  }
}
