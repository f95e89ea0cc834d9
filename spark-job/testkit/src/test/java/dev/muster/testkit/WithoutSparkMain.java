package dev.muster.testkit;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Run by {@link WithoutSparkTest} on a class path without Spark: one line for each fact. */
final class WithoutSparkMain {
  private WithoutSparkMain() {}

  public static void main(String[] args) {
    try (TrialTester xor =
        TrialTester.of(XorTrial.class).hparam("global_batch_size", 4).slots(2).open()) {
      System.out.println("trained " + xor.train(3).batches());
      Path checkpoint = xor.checkpoint();
      System.out.println(
          "served "
              + TrialTester.predict(checkpoint, "inference", Map.of("input", List.of(0, 1)))
                  .keySet());
    }
    TrialTesterBuilder words =
        TrialTester.of(WordsTrial.class)
            .hparam("global_batch_size", 2)
            .set("data.words", "words.csv");
    try (TrialTester ofRows = words.open()) {
      System.out.println("opened " + ofRows);
    } catch (TrialException e) {
      System.out.println("refused " + e.getMessage());
    }
    List<Map<String, Object>> rows =
        List.of(Map.of("word", "sun", "liked", 1), Map.of("word", "rain", "liked", 0));
    try (TrialTester ofRows = words.trainingData(rows).validationData(rows).open()) {
      System.out.println("learned " + ofRows.train(2).batches());
    }
    System.out.println("described " + Dataset.idx("images", "labels").description());
  }
}
