package dev.muster.job.config;

import java.util.List;
import java.util.stream.Collectors;

/** An experiment file that cannot be used; the message holds all problems, one a line. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final List<Problem> problems;

  ConfigException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** All problems: those of the file in its order, then those of the command line. */
  public List<Problem> problems() {
    return problems;
  }
}
