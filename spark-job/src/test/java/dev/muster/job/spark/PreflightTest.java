package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The frame: all lines are printed, then problems end it. */
class PreflightTest {
  private final List<String> lines = new ArrayList<>();
  private final Preflight preflight = new Preflight("mine.yaml", lines::add);

  private static JobException refusal(JobExit exit, String message) {
    return new JobException(exit, message);
  }

  @Test
  void everyFindingIsOneLineAndAllArePrintedBeforeTheEnd() {
    preflight.add(
        List.of(
            Finding.fine("storage", "hdfs:/a"),
            Finding.warning("data", "few;\n  take more"),
            Finding.problem("memory", "Cannot train: too little; raise it")));
    String refused =
        preflight.attempt(
            "trial",
            () -> {
              throw refusal(JobExit.USER, "Cannot build the trial");
            });
    preflight.add(Finding.fine("slots", "2"));

    assertThat(refused).isNull();
    assertThat(preflight.hasProblems()).isTrue();
    assertThatThrownBy(preflight::end)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exit()).isEqualTo(JobExit.SETUP))
        .hasMessage(
            String.format(
                "Cannot run experiment mine.yaml: the pre-flight found 2 problems%n"
                    + "  memory: Cannot train: too little; raise it%n"
                    + "  trial: Cannot build the trial"));
    assertThat(lines)
        .startsWith(
            "fine: storage: hdfs:/a",
            "warning: data: few; take more",
            "problem: memory: Cannot train: too little; raise it",
            "problem: trial: Cannot build the trial",
            "fine: slots: 2")
        .hasSize(6);
    assertThat(lines).last().asString().startsWith("pre-flight: 2 problems, 1 warning, in 0.");
  }

  @Test
  void aSingleProblemIsTheMessageWithItsOwnExitCode() {
    preflight.attempt(
        "trial",
        () -> {
          throw refusal(JobExit.USER, "Cannot train with 0 heads");
        });

    assertThatThrownBy(preflight::end)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exit()).isEqualTo(JobExit.USER))
        .hasMessage("Cannot train with 0 heads");
    assertThat(lines).last().asString().startsWith("pre-flight: 1 problem, no warnings, in ");
  }

  @Test
  void warningsDoNotEndARun() {
    preflight.add(Finding.warning("data", "few"));
    preflight.add(Finding.warning("data", "short"));

    assertThat(preflight.attempt("trial", () -> "built")).isEqualTo("built");
    assertThatCode(preflight::end).doesNotThrowAnyException();
    assertThat(lines).last().asString().startsWith("pre-flight: no problems, 2 warnings, in ");
  }
}
