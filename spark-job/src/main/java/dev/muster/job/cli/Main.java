package dev.muster.job.cli;

import dev.muster.job.spark.DriverEnd;
import dev.muster.job.spark.JobExit;
import java.io.PrintStream;
import picocli.CommandLine;

/** The job's main class. */
public final class Main {
  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) throws Exception {
    DriverEnd.end(JobExit.ofCode(run(arguments, System.out, System.err)));
  }

  /**
   * Runs a command.
   *
   * @return the exit code
   */
  static int run(String[] arguments, PrintStream out, PrintStream err) {
    CommandLine commandLine = new CommandLine(new Commands(out));
    commandLine.setOut(new java.io.PrintWriter(out, true, java.nio.charset.StandardCharsets.UTF_8));
    commandLine.setErr(new java.io.PrintWriter(err, true, java.nio.charset.StandardCharsets.UTF_8));
    commandLine.setExecutionExceptionHandler(new Failures(err));
    commandLine.setParameterExceptionHandler(
        (failure, words) -> {
          err.println(
              "muster: Cannot understand the command line: %s%s; '%s --help' shows what there is"
                  .formatted(
                      failure.getMessage(),
                      nearNames(failure),
                      failure.getCommandLine().getCommandSpec().qualifiedName()));
          return JobExit.SETUP.code();
        });
    return commandLine.execute(arguments);
  }

  private static String nearNames(CommandLine.ParameterException failure) {
    return failure instanceof CommandLine.UnmatchedArgumentException unmatched
            && !unmatched.getSuggestions().isEmpty()
        ? "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?"
        : "";
  }
}
