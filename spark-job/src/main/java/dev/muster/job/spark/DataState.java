package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Selection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What fixes the order of the training data, for {@code state/data.json} of a checkpoint: with the
 * position in {@code state/slot-*.json} it says which records come next, whatever the number of
 * slots.
 *
 * @param records of the data set
 * @param logicalShards of the {@link dev.muster.job.data.GlobalOrder}
 * @param shuffleSeed of the order; empty where the data is not shuffled
 * @param shuffleWindow the records within which the order is shuffled; empty for all
 * @param pass which positions of the order each pass has
 * @param sharded whether each record goes to one slot, rather than to every slot
 * @param layout the fingerprint of the {@link dev.muster.job.data.RecordLayout}
 */
record DataState(
    long records,
    int logicalShards,
    OptionalLong shuffleSeed,
    OptionalInt shuffleWindow,
    Selection pass,
    boolean sharded,
    String layout) {
  static final String FILE = "data.json";

  /** The order in which the slots read this data set. */
  static DataState of(ShardLocation training, Dataset dataset, long trialSeed) {
    return new DataState(
        training.records(),
        training.logicalShards(),
        dataset.isShuffled()
            ? OptionalLong.of(dataset.shuffleSeed().orElse(trialSeed))
            : OptionalLong.empty(),
        dataset.pipeline().shuffleWindow(),
        dataset.pipeline().ofPass(),
        dataset.isSharded(),
        training.fingerprint());
  }

  /**
   * The inverse of {@link #json}.
   *
   * @throws IllegalArgumentException when a key is missing or of another type
   */
  static DataState parse(JsonNode json) {
    JsonNode training = json.path("training");
    return new DataState(
        Fields.number(training, "records"),
        Math.toIntExact(Fields.number(training, "logical_shards")),
        training.has("shuffle_seed")
            ? OptionalLong.of(Fields.number(training, "shuffle_seed"))
            : OptionalLong.empty(),
        training.has("shuffle_window")
            ? OptionalInt.of(Math.toIntExact(Fields.number(training, "shuffle_window")))
            : OptionalInt.empty(),
        new Selection(
            training.has("pass_skip") ? Fields.number(training, "pass_skip") : 0,
            training.has("pass_take") ? Fields.number(training, "pass_take") : Long.MAX_VALUE),
        training.path("sharded").asBoolean(true),
        training.path("layout").asText());
  }

  /** The positions of one pass. */
  long passRecords() {
    return pass.count(records);
  }

  /** The file's content. */
  Map<String, Object> json() {
    Map<String, Object> training = new LinkedHashMap<>();
    training.put("records", records);
    training.put("logical_shards", logicalShards);
    shuffleSeed.ifPresent(seed -> training.put("shuffle_seed", seed));
    shuffleWindow.ifPresent(window -> training.put("shuffle_window", window));
    if (pass.skip() > 0) {
      training.put("pass_skip", pass.skip());
    }
    if (pass.take() < Long.MAX_VALUE) {
      training.put("pass_take", pass.take());
    }
    if (!sharded) {
      training.put("sharded", false);
    }
    training.put("layout", layout);
    return Map.of("training", training);
  }
}
