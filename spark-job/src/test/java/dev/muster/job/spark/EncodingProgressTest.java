package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EncodingProgressTest {
  private static Message.Encoded told(long counted, long encoded, long stored) {
    return new Message.Encoded("", 3, counted, encoded, stored);
  }

  @Test
  void linesSayRecordsRatesAndTheTimeLeft() {
    EncodingProgress progress = new EncodingProgress("training data", 160);

    assertThat(progress.line(told(0, 0, 0), Duration.ofSeconds(100)))
        .isEqualTo("training data: 0 records counted");
    assertThat(progress.line(told(2_000_000, 0, 0), Duration.ofSeconds(110)))
        .isEqualTo(
            "training data: 2,000,000 records counted, 200,000 records and 32.0 MB a second");
    assertThat(progress.line(told(4_000_000, 1_000_000, 0), Duration.ofSeconds(120)))
        .isEqualTo(
            "training data: 12 % of 4,000,000 records encoded and stored, 50,000 records and 8.0 MB"
                + " a second, about 70 s left");
    assertThat(progress.line(told(4_000_000, 4_000_000, 3_000_000), Duration.ofSeconds(130)))
        .isEqualTo(
            "training data: 87 % of 4,000,000 records encoded and stored, 300,000 records and 48.0"
                + " MB a second, about 2 s left");
  }

  @Test
  void repeatedTasksDoNotGoOverTheWhole() {
    EncodingProgress progress = new EncodingProgress("training data", 8);

    assertThat(progress.line(told(100, 110, 120), Duration.ofSeconds(1)))
        .isEqualTo("training data: 100 % of 100 records encoded and stored");
  }
}
