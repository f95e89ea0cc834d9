package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.job.collective.Collective;
import dev.muster.trial.metric.MetricValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slots that all read all seven records, two a batch. */
class UnshardedTest {
  private static final int RECORDS = 7;
  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static TrialDefinition definition(int slots) {
    return new TrialDefinition(
        "e",
        1,
        3,
        UnshardedTrial.class.getName(),
        Map.of("hyperparameters", Map.of("global_batch_size", 2 * slots)),
        slots);
  }

  /** What a slot did with its data. */
  private record Slot(TrainReport report, byte[] states, Map<String, float[]> variables) {}

  private Slot slot(int rank, int slots, Collective ring) throws Exception {
    try (Replica replica =
        Replica.build(
            definition(slots),
            rank,
            new ReplicaSettings(1, directory),
            Clusters.data(directory, RECORDS, rank, slots))) {
      replica.initialize();
      replica.join(ring, Set.of());
      byte[] states = replica.evaluate(Clusters.QUIET);
      TrainReport report = replica.train(5, Clusters.QUIET); // a pass of 2, 2, 2, 1, then 2 more
      return new Slot(report, states, replica.variables());
    }
  }

  @Test
  void everySlotReadsAllRecordsInTheSameOrder() throws Exception {
    List<Slot> slots = Clusters.together(3, 1, (rank, ring) -> slot(rank, 3, ring));
    double labels = Clusters.label(0) + Clusters.label(1);
    for (int i = 0; i < RECORDS; i++) {
      labels += Clusters.label(i);
    }
    for (Slot slot : slots) {
      assertThat(slot.report().examples()).isEqualTo(9);
      assertThat(slot.report().metricSums().get("mean_label")).isCloseTo(labels, within(1e-5));
      assertThat(slot.report().lossSum()).isEqualTo(slots.get(0).report().lossSum());
    }
    assertThat(loss(slots, 3))
        .describedAs("a loss over three readings of the data is that over one")
        .isCloseTo(loss(List.of(slot(0, 1, Collective.single())), 1), within(1e-6));
  }

  @Test
  void slotsThatReadTheSameTrainAsOneSlotDoes() throws Exception {
    float[] three = kernel(Clusters.together(3, 1, (rank, ring) -> slot(rank, 3, ring)).get(2));
    float[] one = kernel(slot(0, 1, Collective.single()));
    for (int i = 0; i < one.length; i++) {
      assertThat(three[i]).isCloseTo(one[i], within(1e-5f));
    }
  }

  private static float[] kernel(Slot slot) {
    return Objects.requireNonNull(slot.variables().get("logits/kernel"));
  }

  private static double loss(List<Slot> slots, int size) {
    try (TrialCheck check = TrialCheck.of(definition(size))) {
      MetricValue loss = check.reduce(slots.stream().map(Slot::states).toList()).get("loss");
      return ((MetricValue.Scalar) Objects.requireNonNull(loss)).value();
    }
  }
}
