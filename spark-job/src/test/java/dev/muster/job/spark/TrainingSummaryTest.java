package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.runtime.TrainReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One workload of two slots, of 4 and of 1 example. */
class TrainingSummaryTest {
  private static final List<TrainReport> REPORTS =
      List.of(
          new TrainReport(2, 10, Map.of("loss", 6.0, "norm", 8.0), 4, 2_000_000_000, false),
          new TrainReport(2, 10, Map.of("loss", 1.0, "norm", 0.5), 1, 1_000_000_000, true));

  @Test
  void metricsAreMeansOverAllExamples() {
    TrainingSummary summary = TrainingSummary.of(REPORTS, true);
    assertThat(summary.metrics()).isEqualTo(Map.of("loss", 1.4, "norm", 1.7));
    assertThat(summary.examples()).isEqualTo(5);
    assertThat(summary.examplesPerSecond()).isEqualTo(5.0);
    assertThat(summary.stop()).isTrue();
  }

  @Test
  void metricsAreTheChiefsWhereAveragingIsOff() {
    TrainingSummary summary = TrainingSummary.of(REPORTS, false);
    assertThat(summary.metrics()).isEqualTo(Map.of("loss", 1.5, "norm", 2.0));
    assertThat(summary.examples()).isEqualTo(5);
  }

  @Test
  void workloadWithoutExamplesHasNoMetrics() {
    TrainReport empty = new TrainReport(1, 1, Map.of(), 0, 1, false);
    assertThat(TrainingSummary.of(List.of(empty), true).metrics()).isEmpty();
  }
}
