package dev.muster.job.cli;

import dev.muster.job.spark.JobException;
import dev.muster.job.spark.JobExit;
import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** Turns what a command threw into one message and an exit code. */
final class Failures implements CommandLine.IExecutionExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private final PrintStream err;

  Failures(PrintStream err) {
    this.err = err;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) {
    if (failure instanceof JobException job) {
      LOG.debug("The job failed", job);
      err.println("muster: " + job.getMessage());
      if (job.exit() == JobExit.DEFECT) {
        job.printStackTrace(err);
      }
      return job.exit().code();
    }
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      err.println("muster: interrupted");
      return JobExit.INFRASTRUCTURE.code();
    }
    Throwable defect = // picocli wraps errors, such as a class that is missing
        failure instanceof CommandLine.ExecutionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    err.println("muster: a defect of Muster's own: " + defect);
    defect.printStackTrace(err);
    return JobExit.DEFECT.code();
  }
}
