package dev.muster.job.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.muster.job.data.Position;
import dev.muster.trial.layer.Variables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.types.TInt64;

/**
 * The files of a checkpoint that the slots write; {@code docs/checkpoint-format.md} is the rule.
 */
final class CheckpointFiles {
  private static final int FORMAT_VERSION = 1;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Where a slot is. */
  record SlotState(long batches, Position position) {}

  private CheckpointFiles() {}

  /** The prefix of TensorFlow's variable files. */
  static Path variables(Path checkpoint) {
    return checkpoint.resolve("variables").resolve("variables");
  }

  static void writeModel(Path checkpoint, Session session, ModelGraph train) throws IOException {
    Files.createDirectories(checkpoint.resolve("variables"));
    Files.createDirectories(checkpoint.resolve("graph"));
    session.save(variables(checkpoint).toString());
    Files.write(checkpoint.resolve("graph").resolve("train.pb"), train.definition().toByteArray());
  }

  static long globalStep(Session session, VariableValues values) {
    try (Result step = values.read(session, List.of(Variables.GLOBAL_STEP))) {
      return ((TInt64) step.get(0)).getLong();
    }
  }

  static void writeMetadata(
      Path checkpoint,
      TrialDefinition definition,
      ReplicaSettings settings,
      LearningRates rates,
      long batches,
      long globalStep,
      Map<String, Object> metrics)
      throws IOException {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("format_version", FORMAT_VERSION);
    metadata.put("framework", "tensorflow-java");
    metadata.put("tensorflow_version", TensorFlowRuntime.version());
    metadata.put("experiment_id", definition.experimentId());
    metadata.put("trial_id", definition.trialId());
    metadata.put("trial_seed", definition.seed());
    metadata.put("entrypoint", definition.entrypoint());
    metadata.put("slots", definition.slots());
    metadata.put("intra_op_threads", settings.threads());
    metadata.put("batches", batches);
    metadata.put("global_step", globalStep);
    metadata.put("hparams", definition.hparams());
    metadata.put("learning_rates", rates.values());
    metadata.put("learning_rate_schedules", rates.schedules());
    metadata.put("metrics", metrics);
    JSON.writeValue(checkpoint.resolve("metadata.json").toFile(), metadata);
  }

  static void writeSlotState(Path checkpoint, int rank, SlotState state) throws IOException {
    Path directory = Files.createDirectories(checkpoint.resolve("state"));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rank", rank);
    json.put("batches", state.batches());
    json.put("epoch", state.position().epoch());
    json.put("next", state.position().next());
    JSON.writeValue(directory.resolve("slot-" + rank + ".json").toFile(), json);
  }

  /** The state of this rank; positions are global, so rank 0's serves a rank that was not there. */
  static SlotState readSlotState(Path checkpoint, int rank) throws IOException {
    Path own = checkpoint.resolve("state").resolve("slot-" + rank + ".json");
    Path file = Files.exists(own) ? own : own.resolveSibling("slot-0.json");
    JsonNode json = JSON.readTree(file.toFile());
    for (String field : List.of("batches", "epoch", "next")) {
      if (!json.path(field).canConvertToLong()) {
        throw new IOException("Cannot read " + file + ": it has no number '" + field + "'");
      }
    }
    return new SlotState(
        json.get("batches").asLong(),
        new Position(json.get("epoch").asLong(), json.get("next").asLong()));
  }
}
