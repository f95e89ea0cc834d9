package @PACKAGE@;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.muster.testkit.Training;
import dev.muster.testkit.TrialTester;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Trains the trial without Spark, on points that the test draws. */
class @CLASS@Test {
  private static List<Map<String, Object>> points(int count, long seed) {
    Random random = new Random(seed);
    List<Map<String, Object>> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float x = 2 * random.nextFloat() - 1;
      float y = 2 * random.nextFloat() - 1;
      points.add(Map.of("x", x, "y", y, "inside", x * x + y * y < 0.6 ? 1L : 0L));
    }
    return points;
  }

  private static TrialTester tester(int slots) {
    return TrialTester.of(@CLASS@.class)
        .config(Path.of("experiment.yaml"))
        .slots(slots)
        .trainingData(points(2000, 1))
        .validationData(points(500, 2))
        .open();
  }

  @Test
  void learnsWhichPointsLieInside() {
    try (TrialTester tester = tester(1)) {
      tester.train(300);
      assertTrue(tester.validate().scalar("accuracy") > 0.9);
    }
  }

  @Test
  void twoSlotsLearnWhatOneLearns() {
    try (TrialTester one = tester(1);
        TrialTester two = tester(2)) {
      Training alone = one.train(20);
      Training together = two.train(20);
      assertEquals(alone.lastLoss(), together.lastLoss(), 1e-4);
    }
  }
}
