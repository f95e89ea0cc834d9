package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Metrics over uneven shards on three slots, through the whole job, equal those by hand. */
class ReducersTest {
  private static final int SLOTS = 3;

  @TempDir Path folder;

  /** The metrics of the validation before the first step, where w is 1. */
  private JsonNode metrics(String order, int records, int evalBatch) throws Exception {
    LocalJob.Outcome outcome =
        new LocalJob(folder)
            .run(
                "uneven",
                SLOTS,
                """
                name: uneven
                entrypoint: %s
                data: {records: %d}
                hyperparameters: {global_batch_size: 6, eval_batch: %d, order: %s}
                searcher: {name: single, metric: loss, max_length: {batches: 1}}
                perform_initial_validation: true
                checkpoint_policy: none
                checkpoint_storage: {path: overridden}
                resources: {slots_per_trial: 3}
                reproducibility: {experiment_seed: 1}
                """
                    .formatted(UnevenTrial.class.getName(), records, evalBatch, order));
    assertThat(outcome.exit()).isEqualTo(JobExit.DONE);
    return outcome.validation(0);
  }

  /** Of 7 records, slot 0 has those at 0, 3, 6, slot 1 those at 1, 4, slot 2 those at 2, 5. */
  @ParameterizedTest
  @CsvSource({
    "stored, 7, 2, '2 1 1'",
    "reverse, 7, 2, '2 1 1'",
    "stored, 7, 3, '1 1 1'",
    "stored, 2, 2, '1 1 0'",
  })
  void metricsEqualThoseByHandBitForBit(String order, int records, int evalBatch, String batches)
      throws Exception {
    SlotEnds.takeOrder();
    JsonNode metrics = metrics(order, records, evalBatch);
    if (order.equals("reverse")) {
      assertThat(SlotEnds.takeOrder()).containsExactly(2, 1, 0);
    }
    assertThat(metrics.path("loss").doubleValue()).isEqualTo(loss(records));
    assertThat(metrics.path("accuracy").doubleValue()).isEqualTo(accuracy(records));
    assertThat(metrics.path("mean_x").doubleValue()).isEqualTo(meanX(records));
    assertThat(metrics.path("sum").doubleValue()).isEqualTo(sum(records));
    List<String> byRank = new ArrayList<>();
    metrics.path("batches").forEach(count -> byRank.add(Integer.toString(count.intValue())));
    assertThat(String.join(" ", byRank)).isEqualTo(batches);
    assertThat(metrics.path("merged").doubleValue()).isEqualTo(sum(records));
    assertThat(metrics.path("auc").doubleValue()).isEqualTo(records == 7 ? 4.0 / 12 : 1);
    assertThat(metrics.path("matrix").toString())
        .isEqualTo(records == 7 ? "[[1.0,2.0],[1.0,3.0]]" : "[[1.0,0.0],[0.0,1.0]]");
    assertThat(metrics.path("slot").asText()).isEqualTo("slot 0");
    assertThat(metrics.path("records").toString())
        .describedAs("slot by slot")
        .isEqualTo(records == 7 ? "[1.0,4.0,7.0,-2.0,-5.0,3.0,6.0]" : "[1.0,-2.0]");
  }

  /** Each of 4 batches adds its x and the cell's number: 14, and 4 times 199,999. */
  @Test
  void statesThatAreTooLargeForAReportAreReadFromBlocks() throws Exception {
    JsonNode metrics = metrics("stored, large: true", 7, 2);
    assertThat(metrics.path("large").toString()).isEqualTo("[14.0,799996.0]");
    assertThat(metrics.path("large_mergeable")).isEqualTo(metrics.path("large"));
    assertThat(metrics.path("loss").doubleValue()).isEqualTo(loss(7));
  }

  /** Squares of differences that are exact in binary: 0.25 + 0 + 1 + 4 + 0.25 + 0.0625 + 16. */
  private static double loss(int records) {
    return records == 7 ? 21.5625 / 7 : 0.25 / 2;
  }

  /** The signs of x say 1 0 1 1 0 1 1, the classes are 1 0 1 0 1 1 0. */
  private static double accuracy(int records) {
    return records == 7 ? 4.0 / 7 : 1;
  }

  private static double meanX(int records) {
    return records == 7 ? 14.0 / 7 : -1.0 / 2;
  }

  /** Slot 0 has 1 + 0.5 + 0.25, which is lost beside 1e17; in reverse order it would be kept. */
  private static double sum(int records) {
    return records == 7 ? (1.75 + (double) 1e17f) + (double) -1e17f : 1 + (double) 1e17f;
  }

  @Test
  void handComputedSumTellsOrdersApart() {
    assertThat(sum(7)).isZero();
    assertThat(((double) -1e17f + (double) 1e17f) + 1.75).isEqualTo(1.75);
  }
}
