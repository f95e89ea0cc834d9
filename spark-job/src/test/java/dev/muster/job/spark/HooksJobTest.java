package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often a whole run calls its hooks, and what their stop requests do to it. */
class HooksJobTest {
  @TempDir Path folder;

  private LocalJob.Outcome run(String stop, int slots) throws Exception {
    CountedTrial.counts();
    return new LocalJob(folder)
        .run(
            "hooks",
            slots,
            """
            name: hooks
            entrypoint: %s
            hyperparameters: {global_batch_size: 4, stop: '%s'}
            searcher: {name: single, metric: loss, max_length: {batches: 50}}
            scheduling_unit: 5
            min_validation_period: {batches: 25}
            checkpoint_policy: none
            checkpoint_storage: {path: overridden}
            resources: {slots_per_trial: %d}
            """
                .formatted(CountedTrial.class.getName(), stop, slots));
  }

  private static List<Long> batches(JsonNode entries) {
    return StreamSupport.stream(entries.spliterator(), false)
        .map(entry -> entry.path("batches").asLong())
        .toList();
  }

  @Test
  void hooksAreCalledAsOftenAsSaid() throws Exception {
    LocalJob.Outcome run = run("never", 1);
    assertThat(run.exit()).isEqualTo(JobExit.DONE);
    assertThat(batches(run.trial().path("training")))
        .containsExactly(5L, 10L, 15L, 20L, 25L, 30L, 35L, 40L, 45L, 50L);
    assertThat(batches(run.trial().path("validations"))).containsExactly(25L, 50L);
    assertThat(CountedTrial.counts())
        .isEqualTo(
            Map.of(
                "train.afterRun", 50,
                "eval.afterRun", 2,
                "train.end", 1,
                "eval.end", 2,
                "train.onTrialClose", 1,
                "eval.onTrialClose", 1));
    assertThat(run.checkpoint(50).resolve("train.log")).hasContent("1");
    assertThat(run.checkpoint(50).resolve("eval.log")).hasContent("1");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void trainingHookThatAsksToStopEndsTheFirstWorkload(int slots) throws Exception {
    LocalJob.Outcome run = run("train", slots);
    assertThat(run.exit()).isEqualTo(JobExit.DONE);
    assertThat(run.result().path("state").asText()).isEqualTo("COMPLETED");
    assertThat(batches(run.trial().path("training"))).containsExactly(5L);
    assertThat(batches(run.trial().path("validations"))).isEmpty();
    assertThat(batches(run.trial().path("checkpoints"))).containsExactly(5L);
    assertThat(CountedTrial.counts())
        .isEqualTo(
            Map.of(
                "train.afterRun", 5 * slots,
                "train.end", slots,
                "train.onTrialClose", slots,
                "eval.onTrialClose", slots));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void validationHookThatAsksToStopEndsTheTrialAfterTheValidation(int slots) throws Exception {
    LocalJob.Outcome run = run("eval", slots);
    assertThat(run.exit()).isEqualTo(JobExit.DONE);
    assertThat(batches(run.trial().path("training"))).endsWith(25L);
    assertThat(batches(run.trial().path("validations"))).containsExactly(25L);
    assertThat(run.validation(0).path("loss").isNumber()).isTrue();
    assertThat(batches(run.trial().path("checkpoints"))).containsExactly(25L);
    assertThat(CountedTrial.counts())
        .containsEntry("train.afterRun", 25 * slots)
        .containsEntry("eval.end", slots)
        .containsEntry("train.end", slots);
  }

  @Test
  void endThatFailsFailsTheTrialAndAllAreClosed() {
    assertThatThrownBy(() -> run("train.end fails", 2))
        .isInstanceOfSatisfying(
            JobException.class, failure -> assertThat(failure.exit()).isEqualTo(JobExit.USER))
        .hasMessageContaining("asked to fail");
    assertThat(CountedTrial.counts())
        .containsEntry("train.afterRun", 100)
        .containsEntry("train.onTrialClose", 2)
        .containsEntry("eval.onTrialClose", 2);
  }
}
