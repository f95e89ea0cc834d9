package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordsTest {
  @TempDir Path directory;

  private static TrialTesterBuilder words() {
    return TrialTester.of(WordsTrial.class)
        .config("hyperparameters: {global_batch_size: 4}\ndata: {words: nowhere.csv}");
  }

  /** 18 records: sun and größe are liked. */
  private static List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      rows.add(Map.of("word", "sun", "liked", 1));
      rows.add(Map.of("word", "rain", "liked", 0));
      rows.add(Map.of("word", "größe", "liked", 1));
    }
    return rows;
  }

  private static float[] scores(Path checkpoint, String... words) {
    return Objects.requireNonNull(
            TrialTester.predict(checkpoint, "default", Map.of("word", words)).get("scores"))
        .floats();
  }

  @Test
  void textIsLearnedFromRowsOfTheTestAndServed() {
    for (int slots = 1; slots <= 2; slots++) {
      try (TrialTester tester =
          words().trainingData(rows()).validationData(rows()).slots(slots).open()) {
        tester.train(40);
        assertThat(tester.validate().scalar("accuracy")).isEqualTo(1);
        float[] scores = scores(tester.checkpoint(), "größe", "rain");
        assertThat(scores[1]).isGreaterThan(0.9f);
        assertThat(scores[2]).isGreaterThan(0.9f);
      }
    }
  }

  @Test
  void sourceIsReadBySparkWhereNoRowsAreHandedIn() throws IOException {
    Path file = directory.resolve("words.csv");
    StringBuilder text = new StringBuilder("unused,word,liked\n");
    rows().forEach(row -> text.append("1.5,%s,%s%n".formatted(row.get("word"), row.get("liked"))));
    Files.writeString(file, text);
    TrialTesterBuilder fromFile = words().set("data.words", file.toString());
    try (TrialTester fromSpark = fromFile.open();
        TrialTester fromRows =
            words().trainingData(TestRows.csv(file)).validationData(TestRows.csv(file)).open()) {
      assertThat(fromSpark.train(10)).isEqualTo(fromRows.train(10));
      assertThat(fromSpark.validate()).isEqualTo(fromRows.validate());
    }
  }

  @Test
  void sourceThatFailsIsTheTrialsFault() {
    assertThatThrownBy(() -> words().open())
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot read data set 'nowhere.csv': ");
  }

  @Test
  void valueThatItsTensorCannotHoldNamesColumnAndRecord() {
    List<Map<String, Object>> rows = rows();
    assertRefused(rows, Map.of("word", 7, "liked", 1), "column 'word' is long 7, expected a text");
    assertRefused(
        rows,
        Map.of("word", "a", "liked", 1.5),
        "column 'liked' is double 1.5, expected an integer");
    assertRefused(
        rows,
        Map.of("word", "a", "liked", new long[] {1}),
        "column 'liked' is an array, expected one value");
    assertRefused(
        rows, Map.of("word", "a"), "column 'liked' is null or missing; the record has [word]");
  }

  private static void assertRefused(
      List<Map<String, Object>> good, Map<String, Object> bad, String fact) {
    List<Map<String, Object>> rows = new ArrayList<>(good.subList(0, 2));
    rows.add(bad);
    assertThatThrownBy(() -> words().trainingData(rows).validationData(good).open())
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot encode record 2 of the training data: " + fact);
  }
}
