package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultWritesTest {
  private static final String APPLICATION = "application_1_0001";

  @TempDir Path folder;

  private final HandClock clock = new HandClock();
  private Storage storage;
  private ExperimentDirectory directory;
  private ResultFile result;

  @BeforeEach
  void begin() {
    storage = Storage.open(folder.toString(), Map.of());
    directory = storage.experiment("digits");
    directory.create();
    result =
        new ResultFile(
            directory,
            clock,
            Map.of("spark_application_id", APPLICATION),
            Map.of("id", 1),
            "loss",
            true);
    result.write();
  }

  @AfterEach
  void end() {
    storage.close();
  }

  @Test
  void trainingIsWrittenAtMostTwiceASecondAndNeverLost() throws IOException {
    clock.millis = 499;
    result.trained(10, 100, Map.of("loss", 1.0));
    assertThat(trial().path("training")).isEmpty();

    clock.millis = 500;
    result.trained(20, 200, Map.of("loss", 0.5));
    assertThat(trial().path("training")).hasSize(2);
    assertThat(trial().path("batches").asLong()).isEqualTo(20);

    result.trained(30, 300, Map.of("loss", 0.4));
    result.validated(30, Map.of("loss", 0.6), 0.6);
    assertThat(trial().path("training")).hasSize(3);
    assertThat(trial().path("validations")).hasSize(1);

    result.trained(40, 400, Map.of("loss", 0.3));
    result.ended(ResultFile.State.COMPLETED, JobExit.DONE, null);
    assertThat(trial().path("batches").asLong()).isEqualTo(40);
    assertThat(json().path("exit_code").asInt(-1)).isZero();
  }

  @Test
  void endOfAnEarlierAttemptIsKnownByItsApplication() {
    assertThat(ResultFile.endedWith(directory, APPLICATION)).as("still running").isEmpty();

    result.ended(ResultFile.State.FAILED, JobExit.USER, Map.of("message", "its loss is NaN"));

    assertThat(ResultFile.endedWith(directory, APPLICATION)).contains(3);
    assertThat(ResultFile.endedWith(directory, "application_1_0002")).isEmpty();
    assertThat(ResultFile.abandoned(directory, APPLICATION, "it died")).isFalse();
  }

  @Test
  void runOfADriverThatDiedIsEndedByTheNextAttemptAlone() throws IOException {
    assertThat(ResultFile.abandoned(directory, "application_1_0002", "it died")).isFalse();
    assertThat(json().path("state").asText()).isEqualTo("RUNNING");

    assertThat(ResultFile.abandoned(directory, APPLICATION, "it died")).isTrue();

    assertThat(json().path("state").asText()).isEqualTo("FAILED");
    assertThat(json().path("exit_code").asInt()).isEqualTo(4);
    assertThat(trial().path("state").asText()).isEqualTo("FAILED");
    assertThat(trial().path("failure").path("message").asText()).isEqualTo("it died");
  }

  private JsonNode trial() throws IOException {
    return json().path("trials").path(0);
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(directory.read(ResultFile.NAME).orElseThrow());
  }

  /** Shows what a test has set. */
  private static final class HandClock extends Clock {
    private long millis;

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusMillis(millis).plusSeconds(1_000_000);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
