package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.testkit.TrialTester;
import dev.muster.testkit.TrialTesterBuilder;
import dev.muster.testkit.Validation;
import dev.muster.trial.EstimatorTrialContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the code of {@code docs/writing-a-trial.md}. */
class GuideTest {
  @TempDir Path directory;

  private static List<Map<String, Object>> flats(int count) {
    List<Map<String, Object>> flats = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float area = 0.2f + i % 13 / 10f;
      String district = i % 3 == 0 ? "harbour" : "hill";
      float price = 2 * area + (i % 3 == 0 ? 0.5f : 0);
      flats.add(
          Map.of("area", new float[] {area}, "district", district, "price", new float[] {price}));
    }
    return flats;
  }

  private static TrialTesterBuilder prices() {
    return TrialTester.of(PricesTrial.class)
        .hparam("global_batch_size", 16)
        .hparam("learning_rate", 0.02)
        .set("data.train", "not read here")
        .set("data.validation", "not read here")
        .trainingData(flats(200))
        .validationData(flats(39));
  }

  @Test
  void learnsPrices() {
    try (TrialTester tester = prices().slots(2).open()) {
      tester.train(300);
      Validation validation = tester.validate();
      assertThat(validation.scalar("error")).isLessThan(0.2);
      assertThat(validation.scalar("flats")).isEqualTo(39);
    }
  }

  @Test
  void goesOnFromACheckpointAsIfNothingHadHappened() {
    Path checkpoint = directory.resolve("checkpoint");
    float[] straight;
    try (TrialTester tester = prices().open()) {
      tester.train(7);
      tester.checkpoint(checkpoint);
      tester.train(13);
      straight = tester.variable("price/kernel");
    }
    try (TrialTester tester = prices().resumeFrom(checkpoint).open()) {
      tester.train(13);
      assertThat(tester.variable("price/kernel")).containsExactly(straight);
    }
  }

  @Test
  void aHooksFilesAreInTheCheckpoint() throws Exception {
    Path first = directory.resolve("first");
    try (TrialTester tester = prices().open()) {
      tester.train(2);
      tester.checkpoint(first);
    }
    assertThat(first.resolve("metadata.txt")).hasContent("flats of 2026");
    Path second = directory.resolve("second");
    try (TrialTester tester = prices().resumeFrom(first).open()) {
      tester.checkpoint(second);
    }
    assertThat(second.resolve("checkpoints.txt")).hasContent("2");
    assertThat(Files.isDirectory(second.resolve("tensors"))).isTrue();
    assertThat(Files.isDirectory(second.resolve("examples"))).isTrue();
  }

  @Test
  void severalOptimizersTrainOneModel() {
    try (TrialTester tester =
        TrialTester.of(TwoOptimizersTrial.class)
            .hparam("global_batch_size", 16)
            .set("data.train", "not read here")
            .trainingData(flats(64))
            .validationData(flats(16))
            .slots(2)
            .open()) {
      double before = tester.validate().loss();
      tester.train(100);
      assertThat(tester.validate().loss()).isLessThan(before);
    }
  }

  @Test
  void contextForDebugging() {
    EstimatorTrialContext context =
        EstimatorTrialContext.fromConfig(
            Map.of(
                "hyperparameters", Map.of("global_batch_size", 16, "learning_rate", 0.02),
                "data", Map.of("train", "flats", "validation", "flats")));
    PricesTrial trial = new PricesTrial(context);
    assertThat(trial.buildTrainSpec().dataset().columns()).hasSize(3);
  }
}
