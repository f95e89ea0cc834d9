package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.job.search.SequencerState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** {@code state/sequencer.json} of a checkpoint, written and read. */
public final class SequenceJson {
  /** Its name below {@code state}. */
  public static final String FILE = "sequencer.json";

  private SequenceJson() {}

  /** The file's content. */
  public static Map<String, Object> of(SequencerState state) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("batches_trained", state.batchesTrained());
    json.put("batches_saved", state.batchesSaved());
    state.validatedAt().ifPresent(batches -> json.put("validated_at", batches));
    state.bestMetric().ifPresent(metric -> json.put("best_metric", metric));
    json.put("checkpoint_owed", state.checkpointOwed());
    return json;
  }

  /**
   * The inverse of {@link #of}.
   *
   * @throws IllegalArgumentException when a key is missing or of another type
   */
  public static SequencerState parse(JsonNode json) {
    JsonNode best = json.path("best_metric"); // JSON has no infinity: that is a text
    return new SequencerState(
        Fields.number(json, "batches_trained"),
        Fields.number(json, "batches_saved"),
        json.has("validated_at")
            ? OptionalLong.of(Fields.number(json, "validated_at"))
            : OptionalLong.empty(),
        best.isMissingNode()
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                best.isTextual() ? Double.parseDouble(best.asText()) : best.doubleValue()),
        json.path("checkpoint_owed").asBoolean());
  }
}
