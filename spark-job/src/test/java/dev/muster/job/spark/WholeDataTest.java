package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data that every slot reads as a whole, and training metrics of all slots or the chief's. */
class WholeDataTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"true, 0.5", "false, 0"})
  void everySlotReadsAllRecords(boolean averageMetrics, double meanRank) throws Exception {
    LocalJob.Outcome run =
        new LocalJob(folder)
            .run(
                "whole",
                2,
                """
                name: whole
                entrypoint: %s
                hyperparameters: {global_batch_size: 4}
                searcher: {name: single, metric: loss, max_length: {batches: 10}}
                optimizations: {average_training_metrics: %s}
                checkpoint_storage: {path: overridden}
                resources: {slots_per_trial: 2}
                """
                    .formatted(WholeDataTrial.class.getName(), averageMetrics));
    assertThat(run.exit()).isEqualTo(JobExit.DONE);
    // 0 + 1 + … + 9, once in each of two slots
    assertThat(run.validation(0).path("label_sum").asDouble()).isEqualTo(90);
    assertThat(run.trial().path("training").path(0).path("metrics").path("rank").asDouble())
        .isEqualTo(meanRank);
    assertThat(run.experiment().resolve("tensorboard/1/note.txt")).hasContent("of the chief");
  }
}
