package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** What a run's jobs must be, as {@link GangSpy} noted them. */
final class TrialJobs {
  private TrialJobs() {}

  /**
   * Encoding jobs before the first leg; then legs that are numbered without a gap, one job each, no
   * job while another runs, and after each of the legs but the last, which only takes the
   * checkpoint, one job that aggregates the state of the trial's own reducer and one for those that
   * merge.
   */
  static void assertOnlyLegsAndAggregates(List<String> spied, int validations) {
    List<String> events =
        spied.stream()
            .filter(line -> line.startsWith("start job ") || line.startsWith("end job "))
            .map(line -> line.replaceFirst(" job \\d+", ""))
            .toList();
    List<String> expected = new ArrayList<>();
    for (int leg = 1; leg <= validations + 1; leg++) {
      expected.add("start leg " + leg);
      expected.add("end leg " + leg);
      if (leg <= validations) {
        for (int aggregate = 0; aggregate < 2; aggregate++) {
          expected.add("start leg 0");
          expected.add("end leg 0");
        }
      }
    }
    int first = events.indexOf("start leg 1");
    assertThat(first).as(() -> spied.toString()).isPositive();
    assertThat(events.subList(0, first)).containsOnly("start leg 0", "end leg 0");
    assertThat(events.subList(first, events.size())).isEqualTo(expected);
  }
}
