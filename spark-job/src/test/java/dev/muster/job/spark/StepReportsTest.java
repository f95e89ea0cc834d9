package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the order in which slots report, their reports and states are in rank order. */
class StepReportsTest {
  private static byte[] state(int rank) {
    return ("state of rank " + rank).getBytes(StandardCharsets.UTF_8);
  }

  private static SlotReport report(int step, int rank) {
    return new SlotReport.Evaluated(step, Blob.of(state(rank)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"012", "021", "102", "120", "201", "210"})
  void reportsAreHandedOnInRankOrderWithTheLast(String order) {
    StepReports reports = new StepReports(3);
    List<Optional<List<SlotReport>>> answers = new ArrayList<>();
    for (char rank : order.toCharArray()) {
      answers.add(reports.add(rank - '0', report(4, rank - '0')));
    }
    assertThat(answers.subList(0, 2)).containsOnly(Optional.empty());
    assertThat(answers.get(2).orElseThrow())
        .containsExactly(report(4, 0), report(4, 1), report(4, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"012", "021", "102", "120", "201", "210"})
  void stepsDoNotMixWhenARankIsAhead(String order) {
    StepReports reports = new StepReports(3);
    int first = order.charAt(0) - '0';
    assertThat(reports.add(first, report(0, first))).isEmpty();
    assertThat(reports.add(first, report(1, first))).isEmpty();
    int second = order.charAt(1) - '0';
    assertThat(reports.add(second, report(0, second))).isEmpty();
    int third = order.charAt(2) - '0';
    assertThat(reports.add(third, report(0, third)).orElseThrow())
        .containsExactly(report(0, 0), report(0, 1), report(0, 2));
    assertThat(reports.add(third, report(1, third))).isEmpty();
    assertThat(reports.add(second, report(1, second)).orElseThrow())
        .containsExactly(report(1, 0), report(1, 1), report(1, 2));
  }
}
