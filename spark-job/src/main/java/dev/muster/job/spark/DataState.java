package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Selection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What fixes the data and its order, for {@code state/data.json} of a checkpoint: with the position
 * in {@code state/slot-*.json} it says which records come next, whatever the number of slots.
 * Immutable.
 *
 * @param training data
 * @param validation data
 */
record DataState(Part training, Part validation) {
  static final String FILE = "data.json";

  /**
   * One data set.
   *
   * @param records of the data set
   * @param logicalShards of the {@link dev.muster.job.data.GlobalOrder}
   * @param shuffleSeed of the order; empty where the data is not shuffled
   * @param shuffleWindow the records within which the order is shuffled; empty for all
   * @param pass which positions of the order each pass has
   * @param sharded whether each record goes to one slot, rather than to every slot
   * @param layout the fingerprint of the {@link dev.muster.job.data.RecordLayout}
   * @param hashes of the logical shards
   */
  record Part(
      long records,
      int logicalShards,
      OptionalLong shuffleSeed,
      OptionalInt shuffleWindow,
      Selection pass,
      boolean sharded,
      String layout,
      List<ShardHash> hashes) {
    Part {
      hashes = List.copyOf(hashes);
    }

    /** The order in which the slots read this data set. */
    static Part of(ShardedData data, Dataset dataset, long trialSeed) {
      return new Part(
          data.records(),
          data.logicalShards(),
          dataset.isShuffled()
              ? OptionalLong.of(dataset.shuffleSeed().orElse(trialSeed))
              : OptionalLong.empty(),
          dataset.pipeline().shuffleWindow(),
          dataset.pipeline().ofPass(),
          dataset.isSharded(),
          data.layout().fingerprint(),
          data.hashes());
    }

    private static Part parse(JsonNode json) {
      List<ShardHash> hashes = new ArrayList<>();
      json.path("shards").forEach(hash -> hashes.add(ShardHash.parse(hash.asText())));
      return new Part(
          Fields.number(json, "records"),
          Math.toIntExact(Fields.number(json, "logical_shards")),
          json.has("shuffle_seed")
              ? OptionalLong.of(Fields.number(json, "shuffle_seed"))
              : OptionalLong.empty(),
          json.has("shuffle_window")
              ? OptionalInt.of(Math.toIntExact(Fields.number(json, "shuffle_window")))
              : OptionalInt.empty(),
          new Selection(
              json.has("pass_skip") ? Fields.number(json, "pass_skip") : 0,
              json.has("pass_take") ? Fields.number(json, "pass_take") : Long.MAX_VALUE),
          json.path("sharded").asBoolean(true),
          json.path("layout").asText(),
          hashes);
    }

    /** The positions of one pass. */
    long passRecords() {
      return pass.count(records);
    }

    private Map<String, Object> json() {
      Map<String, Object> json = order();
      json.put("records", records);
      json.put("layout", layout);
      json.put("shards", hashes.stream().map(ShardHash::toString).toList());
      return json;
    }

    /** What a position means records by, beside the records themselves. */
    Map<String, Object> order() {
      Map<String, Object> order = new LinkedHashMap<>();
      order.put("logical_shards", logicalShards);
      shuffleSeed.ifPresent(seed -> order.put("shuffle_seed", seed));
      shuffleWindow.ifPresent(window -> order.put("shuffle_window", window));
      if (pass.skip() > 0) {
        order.put("pass_skip", pass.skip());
      }
      if (pass.take() < Long.MAX_VALUE) {
        order.put("pass_take", pass.take());
      }
      if (!sharded) {
        order.put("sharded", false);
      }
      return order;
    }

    /** What is not the same in the other's records, expected first; empty when all are. */
    Optional<String> differenceTo(Part found) {
      if (!layout.equals(found.layout)) {
        return Optional.of(
            "expected columns of layout %s, found %s".formatted(layout, found.layout));
      }
      if (records != found.records) {
        return Optional.of("expected %,d records, found %,d".formatted(records, found.records));
      }
      for (int shard = 0; shard < hashes.size(); shard++) {
        if (!hashes.get(shard).equals(found.hashes.get(shard))) {
          return Optional.of(ShardedData.differs(shard, hashes.size(), records));
        }
      }
      return Optional.empty();
    }
  }

  /**
   * The inverse of {@link #json}.
   *
   * @throws IllegalArgumentException when a key is missing or of another type
   */
  static DataState parse(JsonNode json) {
    return new DataState(Part.parse(json.path("training")), Part.parse(json.path("validation")));
  }

  /** The file's content. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("training", training.json());
    json.put("validation", validation.json());
    return json;
  }
}
