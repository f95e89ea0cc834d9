package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.job.cluster.SharedData;
import dev.muster.job.cluster.SkipReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The example {@code examples/census}, by the whole job, on the real data. */
class CensusTest {
  private static final Logger LOG = LoggerFactory.getLogger(CensusTest.class);

  @TempDir Path folder;

  @Test
  void twoSlotsReach84AndAHalfPercentAndStopEarly() throws Exception {
    Optional<Path> census = SharedData.folder("census");
    SkipReason.unless(
        census.isPresent(), "Census: no folder shared/data/census beside the checkout or above");
    Path data = census.orElseThrow();
    String experiment =
        Files.readString(Path.of("../examples/census/census.yaml"))
            .replace("data/adult.data", "'" + data.resolve("adult.data").toUri() + "'")
            .replace("data/adult.test", "'" + data.resolve("adult.test").toUri() + "'")
            .replace("epochs: 8}", "epochs: 20}");
    LocalJob.Outcome outcome = new LocalJob(folder).run("census", 2, experiment);
    assertThat(outcome.exit()).isEqualTo(JobExit.DONE);
    assertThat(outcome.lines())
        .anyMatch(line -> line.startsWith("training data: 32,561 records"))
        .anyMatch(line -> line.startsWith("validation data: 16,281 records"));
    List<Double> accuracies = new ArrayList<>();
    for (JsonNode validation : outcome.trial().path("validations")) {
      accuracies.add(validation.path("metrics").path("accuracy").doubleValue());
      assertThat(validation.path("metrics").path("auc").doubleValue()).isBetween(0.88, 0.93);
    }
    LOG.info("Validation accuracy by epoch: {}", accuracies);
    assertThat(accuracies).anyMatch(accuracy -> accuracy >= 0.845);
    assertThat(accuracies).as("stopped early").hasSizeBetween(3, 19);
  }
}
