package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.TrialApp.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on slots of one JVM. */
class TrialLocalIT {
  @TempDir Path folder;

  @Test
  void aRunHasOneJobPerLegAndNoneInBetween() throws Exception {
    Outcome run = TrialApp.reference();

    assertThat(run.exitCode()).as(run::log).isZero();
    TrialJobs.assertOnlyLegsAndAggregates(run.spied(), 3);
  }

  @Test
  void twentySchedulingUnitsCostLittleMoreThanAPlainLoop() throws Exception {
    Outcome run = new TrialApp(folder, "overhead").main(OverheadScenario.class).run("local[1]");

    assertThat(run.exitCode()).as(run::log).isZero();
    Map<String, String> facts = SparkApp.results(run.lines());
    SparkApp.keep("2,000 batches in a plain loop, and as 20 scheduling units: " + facts);
    System.out.println("2,000 batches in a plain loop, and as 20 scheduling units: " + facts);
    long plain = Long.parseLong(facts.get("overhead.plainMillis"));
    // Generous, since machines are busy; a quiet one needs less than 3 s more, the start included.
    assertThat(Long.parseLong(facts.get("overhead.atEndLegsMillis"))).isLessThan(plain + 15_000);
    assertThat(Long.parseLong(facts.get("overhead.everyUnitLegsMillis")))
        .isLessThan(plain + 20_000);
    TrialJobs.assertOnlyLegsAndAggregates(lastApplication(run.spied()), 20);
  }

  /** What was noted of the second of two applications. */
  private static List<String> lastApplication(List<String> spied) {
    return spied.subList(spied.lastIndexOf("start job 0 leg 0"), spied.size());
  }

  @Test
  void aUsersExceptionIsPrintedOnceAndNothingIsPrintedOfTasksThatOutliveTheContext()
      throws Exception {
    Outcome run = new TrialApp(folder, "fault").config("data.gap", "fault").run("local[2]");

    assertThat(run.exitCode()).as(run::log).isEqualTo(JobExit.USER.code());
    assertThat(run.lines())
        .as(run::log)
        .filteredOn(line -> line.startsWith("Caused by: ") && line.endsWith(GapReducer.FAULT))
        .hasSizeLessThan(2);
    assertThat(run.lines())
        .as(run::log)
        .noneMatch(line -> line.contains("NullPointerException"))
        .anyMatch(line -> line.startsWith("muster: ") && line.contains(GapReducer.FAULT));
  }
}
