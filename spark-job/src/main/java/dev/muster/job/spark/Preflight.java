package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The findings of all checks before a run, each printed as one line as soon as it is there. A check
 * that finds a problem does not keep the others from looking. Confined to the driver's thread.
 */
final class Preflight {
  private final String experiment;
  private final Consumer<String> lines;
  private final long start = System.nanoTime();
  private final List<Finding> findings = new ArrayList<>();
  private final List<JobException> refusals = new ArrayList<>();

  /**
   * A pre-flight without findings.
   *
   * @param experiment the experiment's file, for messages
   * @param lines takes each line
   */
  Preflight(String experiment, Consumer<String> lines) {
    this.experiment = experiment;
    this.lines = lines;
  }

  /** A step of a check, which may refuse. */
  @FunctionalInterface
  interface Look<T> {
    /** What the check found out; null if there is nothing to go on with. */
    @Nullable T look() throws JobException;
  }

  /** Takes what a check found. */
  void add(List<Finding> found) {
    found.forEach(this::add);
  }

  /** Takes what a check found; what training and validation data have in common is said once. */
  void add(Finding finding) {
    if (findings.contains(finding)) {
      return;
    }
    findings.add(finding);
    lines.accept(
        "%s: %s: %s"
            .formatted(
                finding.level().name().toLowerCase(Locale.ROOT),
                finding.check(),
                finding.text().strip().replaceAll("\\s*\\R\\s*", " ")));
  }

  /** Does a check whose refusal is a problem among others; null if it refused. */
  <T> @Nullable T attempt(String check, Look<T> look) {
    try {
      return look.look();
    } catch (JobException e) {
      refusals.add(e);
      add(Finding.problem(check, String.valueOf(e.getMessage())));
      return null;
    }
  }

  /** Whether a check found a problem. */
  boolean hasProblems() {
    return !problems().isEmpty();
  }

  private List<Finding> problems() {
    return findings.stream().filter(finding -> finding.level() == Finding.Level.PROBLEM).toList();
  }

  /**
   * Says how many problems and warnings there are.
   *
   * @throws JobException with all problems, if there are any
   */
  void end() throws JobException {
    List<Finding> problems = problems();
    long warnings =
        findings.stream().filter(finding -> finding.level() == Finding.Level.WARNING).count();
    lines.accept(
        String.format(
            Locale.ROOT,
            "pre-flight: %s, %s, in %.1f s",
            count(problems.size(), "problem"),
            count(warnings, "warning"),
            (System.nanoTime() - start) / 1e9));
    if (!problems.isEmpty()) {
      throw new JobException(exit(problems.size()), message(problems), cause());
    }
  }

  private static String count(long count, String what) {
    return count == 0 ? "no " + what + "s" : count == 1 ? "1 " + what : count + " " + what + "s";
  }

  private String message(List<Finding> problems) {
    return problems.size() == 1
        ? problems.get(0).text()
        : "Cannot run experiment %s: the pre-flight found %d problems%n%s"
            .formatted(
                experiment,
                problems.size(),
                problems.stream()
                    .map(problem -> "  " + problem.check() + ": " + problem.text())
                    .collect(Collectors.joining(System.lineSeparator())));
  }

  /** That of the refusal, if it is the only problem: a hyperparameter is the user's, say. */
  private JobExit exit(int problems) {
    return problems == 1 && refusals.size() == 1 ? refusals.get(0).exit() : JobExit.SETUP;
  }

  private @Nullable Throwable cause() {
    return refusals.isEmpty() ? null : refusals.get(0);
  }
}
