package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.job.data.GlobalOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline of all operations through the whole job. */
class PipelineJobTest {
  private static final int BATCH = 20;

  /** A pass of 205 records has ten whole batches. */
  private static final int STEPS = 13;

  @TempDir Path folder;

  private static String yaml(int slots, boolean fault) {
    return """
        name: pipeline
        entrypoint: %s
        hyperparameters: {global_batch_size: %d, fault: %s}
        searcher: {name: single, metric: loss, max_length: {batches: %d}}
        scheduling_unit: 1
        checkpoint_policy: none
        checkpoint_storage: {path: overridden}
        resources: {slots_per_trial: %d}
        reproducibility: {experiment_seed: 7}
        """
        .formatted(PipelineJobTrial.class.getName(), BATCH, fault, STEPS, slots);
  }

  /** The same by hand: records 20 … 249, in the order that the job's order has. */
  private static List<Double> plain() {
    GlobalOrder order =
        new GlobalOrder(
            230, GlobalOrder.logicalShards(2, BATCH, 230), true, 7, OptionalInt.of(100));
    List<Double> losses = new ArrayList<>();
    double w = 0;
    for (int step = 0; step < STEPS; step++) {
      double loss = 0;
      double gradient = 0;
      for (int row = 0; row < BATCH; row++) {
        double i = 20 + order.record(step / 10, step % 10 * BATCH + row);
        double x = i / 100;
        double off = w * x - (2 * i / 50 + 1);
        loss += off * off / BATCH;
        gradient += 2 * off * x / BATCH;
      }
      losses.add(loss);
      w -= 0.01 * gradient;
    }
    return losses;
  }

  @Test
  void jobReadsWhatTheArithmeticSaysOnAnyNumberOfSlots() throws Exception {
    List<Double> expected = plain();
    for (int slots : new int[] {1, 2}) {
      LocalJob.Outcome outcome = new LocalJob(folder).run("of-" + slots, slots, yaml(slots, false));
      assertThat(outcome.exit()).isEqualTo(JobExit.DONE);
      assertThat(outcome.losses()).hasSize(STEPS);
      for (int step = 0; step < STEPS; step++) {
        assertThat(outcome.losses().get(step))
            .as("step %s on %s slots", step, slots)
            .isCloseTo(expected.get(step), within(1e-3));
      }
    }
  }

  @Test
  void preflightFindsAFailingBatchMap() {
    assertThatThrownBy(() -> new LocalJob(folder).check("fault", 2, yaml(2, true)))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(
            "Cannot map a batch: mapBatch() threw java.lang.IllegalStateException: no twice today"
                + " (at dev.muster.job.spark.PipelineJobTrial.twice(");
  }
}
