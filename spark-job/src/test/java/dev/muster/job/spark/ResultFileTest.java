package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {
  /** Refuses what JSON does not have: a bare NaN, say. */
  private static final ObjectMapper STRICT =
      new ObjectMapper().configure(JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS, false);

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir Path folder;

  private ResultFile file(Storage storage) {
    ExperimentDirectory directory = storage.experiment("digits-1");
    directory.create();
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("experiment_id", "digits-1");
    head.put("spark_application_id", "application_1_0001");
    head.put("name", "digits");
    Map<String, Object> trial = new LinkedHashMap<>();
    trial.put("id", 1);
    trial.put("hparams", Map.of("global_batch_size", 64));
    trial.put("restarts", 0);
    trial.put("slots", 2);
    trial.put("batches", 0);
    trial.put("records", 0);
    return new ResultFile(
        directory, Clock.fixed(NOW, ZoneOffset.UTC), head, trial, "accuracy", false);
  }

  private JsonNode read() throws IOException {
    return STRICT.readTree(Files.readString(folder.resolve("digits-1").resolve("result.json")));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void hasTheFieldsThatScriptsRelyOn() throws IOException {
    try (Storage storage = Storage.open(folder.toUri().toString(), Map.of())) {
      ResultFile file = file(storage);
      file.write();
      JsonNode begun = read();
      assertThat(names(begun))
          .containsExactlyInAnyOrder(
              "experiment_id",
              "spark_application_id",
              "name",
              "state",
              "exit_code",
              "updated_at",
              "searcher_metric",
              "best",
              "trials");
      assertThat(begun.path("state").asText()).isEqualTo("RUNNING");
      assertThat(begun.path("exit_code").isNull()).isTrue();
      assertThat(begun.path("best").isNull()).isTrue();
      assertThat(begun.path("updated_at").asText()).isEqualTo("2026-01-02T03:04:05Z");

      file.trained(100, 6400, Map.of("loss", 0.5));
      file.validated(100, Map.of("accuracy", 0.9, "global_step", 100), 0.9);
      file.saved(new ResultFile.Saved("a-uuid", 100, "file:/a-uuid", Map.of("accuracy", 0.9)));
      file.trained(200, 12800, Map.of("loss", 0.4));
      file.validated(200, Map.of("accuracy", 0.8, "global_step", 200), 0.8);
      file.ended(ResultFile.State.COMPLETED, JobExit.DONE, null);
    }
    JsonNode ended = read();
    assertThat(ended)
        .isEqualTo(
            STRICT.readTree(
                """
                {
                  "experiment_id": "digits-1",
                  "spark_application_id": "application_1_0001",
                  "name": "digits",
                  "state": "COMPLETED",
                  "exit_code": 0,
                  "updated_at": "2026-01-02T03:04:05Z",
                  "searcher_metric": "accuracy",
                  "best": {"trial": 1, "metric": 0.9, "batches": 100, "checkpoint": "file:/a-uuid"},
                  "trials": [{
                    "id": 1,
                    "hparams": {"global_batch_size": 64},
                    "restarts": 0,
                    "slots": 2,
                    "batches": 200,
                    "records": 12800,
                    "state": "COMPLETED",
                    "training": [
                      {"batches": 100, "metrics": {"loss": 0.5}},
                      {"batches": 200, "metrics": {"loss": 0.4}}],
                    "validations": [
                      {"batches": 100, "metrics": {"accuracy": 0.9, "global_step": 100}},
                      {"batches": 200, "metrics": {"accuracy": 0.8, "global_step": 200}}],
                    "checkpoints": [
                      {"uuid": "a-uuid", "batches": 100, "path": "file:/a-uuid",
                       "metrics": {"accuracy": 0.9}}]
                  }]
                }
                """));
  }

  @Test
  void failureSaysWhatAndWhere() throws IOException {
    try (Storage storage = Storage.open(folder.toUri().toString(), Map.of())) {
      file(storage)
          .ended(
              ResultFile.State.FAILED,
              JobExit.INFRASTRUCTURE,
              Map.of("message", "Cannot go on: rank 1 was lost", "rank", 1));
    }
    assertThat(read().path("exit_code").asInt()).isEqualTo(4);
    assertThat(read().path("trials").path(0).path("failure"))
        .isEqualTo(
            STRICT.readTree("{\"message\": \"Cannot go on: rank 1 was lost\", \"rank\": 1}"));
  }

  @Test
  void metricsThatAreNoNumbersAreStringsAndNeverBest() throws IOException {
    try (Storage storage = Storage.open(folder.toUri().toString(), Map.of())) {
      ResultFile file = file(storage);
      file.validated(
          100,
          Map.of("accuracy", Double.NaN, "other", List.of(Double.POSITIVE_INFINITY)),
          Double.NaN);
      assertThat(read().path("trials").path(0).path("validations").path(0).path("metrics"))
          .isEqualTo(STRICT.readTree("{\"accuracy\": \"NaN\", \"other\": [\"Infinity\"]}"));
      file.validated(200, Map.of("accuracy", 0.1), 0.1);
      file.validated(300, Map.of("accuracy", Double.NaN), Double.NaN);
    }
    assertThat(read().path("best").path("batches").asLong()).isEqualTo(200);
  }
}
