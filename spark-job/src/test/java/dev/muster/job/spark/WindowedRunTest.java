package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose updates take two batches each, of a size that its slots do not divide. */
class WindowedRunTest {
  @TempDir Path folder;

  @Test
  void warnsOfTheEffectiveBatchOnceAndKeepsEachSlotsSumsInACheckpointWithinAWindow()
      throws Exception {
    LocalJob.Outcome outcome =
        new LocalJob(folder)
            .run(
                "windowed",
                3,
                """
                name: windowed
                entrypoint: %s
                data: {records: 7}
                hyperparameters: {global_batch_size: 8, eval_batch: 2, order: stored}
                searcher: {name: single, metric: loss, max_length: {batches: 3}}
                checkpoint_storage: {path: overridden}
                optimizations: {aggregation_frequency: 2}
                resources: {slots_per_trial: 3}
                reproducibility: {experiment_seed: 1}
                """
                    .formatted(UnevenTrial.class.getName()));
    assertThat(outcome.exit()).isEqualTo(JobExit.DONE);
    assertThat(outcome.lines())
        .filteredOn(line -> line.contains("global_batch_size"))
        .containsExactly(
            "warning: global_batch_size 8 is no multiple of 3 slots; a step takes 6 examples");
    Path state = outcome.checkpoint(3).resolve("state");
    for (int rank = 0; rank < 3; rank++) {
      assertThat(state.resolve("gradients-" + rank + ".bin")).isNotEmptyFile();
    }
  }
}
