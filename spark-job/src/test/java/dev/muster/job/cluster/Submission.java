package dev.muster.job.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A running {@code spark-submit}; closing it kills the process and all that it started on this
 * side.
 */
public final class Submission implements AutoCloseable {
  private static final Pattern APPLICATION_ID = Pattern.compile("application_\\d+_\\d+");

  /**
   * How a submission ended.
   *
   * @param exitCode spark-submit's own
   * @param output stdout and stderr, in the order of writing
   * @param applicationId the first id of YARN's in the output
   */
  public record Result(int exitCode, String output, Optional<String> applicationId) {}

  private final Process process;
  private final Path log;

  Submission(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** The process of spark-submit, in client mode the driver's. */
  public ProcessHandle process() {
    return process.toHandle();
  }

  /** What it wrote until now. */
  public String output() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + log, e);
    }
  }

  /** YARN's id of the application, once it was printed. */
  public Optional<String> applicationId() {
    Matcher id = APPLICATION_ID.matcher(output());
    return id.find() ? Optional.of(id.group()) : Optional.empty();
  }

  /**
   * Waits for the end.
   *
   * @throws AssertionError with the end of the output if it still runs after the deadline; it is
   *     then killed with all that it started
   */
  public Result await(Duration deadline) {
    if (!ChildProcess.endsWithin(process, deadline)) {
      close();
      String output = output();
      throw new AssertionError(
          "Cannot wait for spark-submit: still running after %s; the end of %s:%n%s"
              .formatted(deadline, log, output.substring(Math.max(0, output.length() - 4000))));
    }
    return new Result(process.exitValue(), output(), applicationId());
  }

  /** Kills it if it still runs; an application in YARN's cluster mode goes on. */
  @Override
  public void close() {
    ChildProcess.killTree(process);
  }
}
