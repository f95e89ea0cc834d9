package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.examples.digits.DigitsTrial;
import dev.muster.job.cluster.SharedData;
import dev.muster.job.cluster.SkipReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The digits example on real digits: 8,000 of MNIST's to train on, 2,000 to validate. */
class MnistTest {
  private static final Logger LOG = LoggerFactory.getLogger(MnistTest.class);

  @TempDir Path folder;

  @Test
  void twoSlotsReach95PercentWithinFiveEpochs() throws Exception {
    Optional<Path> mnist = SharedData.folder("mnist");
    SkipReason.unless(
        mnist.isPresent(), "MNIST: no folder shared/data/mnist beside the checkout or above");
    LocalJob.Outcome outcome =
        new LocalJob(folder)
            .run(
                "mnist",
                2,
                """
                name: mnist
                entrypoint: %s
                data: {mnist: '%s'}
                hyperparameters: {global_batch_size: 64, learning_rate: 0.002}
                searcher:
                  name: single
                  metric: accuracy
                  smaller_is_better: false
                  max_length: {epochs: 5}
                min_validation_period: {epochs: 1}
                checkpoint_policy: none
                checkpoint_storage: {path: overridden}
                resources: {slots_per_trial: 2}
                reproducibility: {experiment_seed: 1}
                """
                    .formatted(DigitsTrial.class.getName(), mnist.orElseThrow().toUri()));
    assertThat(outcome.exit()).isEqualTo(JobExit.DONE);
    assertThat(outcome.lines())
        .anyMatch(line -> line.startsWith("training data: 8,000 records"))
        .anyMatch(line -> line.startsWith("validation data: 2,000 records"));
    List<Double> accuracies = new ArrayList<>();
    for (JsonNode validation : outcome.trial().path("validations")) {
      accuracies.add(validation.path("metrics").path("accuracy").doubleValue());
    }
    LOG.info("Validation accuracy by epoch: {}", accuracies);
    assertThat(accuracies).hasSize(5).anyMatch(accuracy -> accuracy >= 0.95);
  }
}
