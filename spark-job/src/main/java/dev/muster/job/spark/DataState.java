package dev.muster.job.spark;

import dev.muster.trial.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What fixes the order of the training data, for {@code state/data.json} of a checkpoint: with the
 * position in {@code state/slot-*.json} it says which records come next, whatever the number of
 * slots.
 *
 * @param records of one pass
 * @param logicalShards of the {@link dev.muster.job.data.GlobalOrder}
 * @param shuffleSeed of the order; empty where the data is not shuffled
 * @param layout the fingerprint of the {@link dev.muster.job.data.RecordLayout}
 */
record DataState(long records, int logicalShards, OptionalLong shuffleSeed, String layout) {
  static final String FILE = "data.json";

  /** The order in which the slots read this data set. */
  static DataState of(ShardLocation training, Dataset dataset, long trialSeed) {
    return new DataState(
        training.records(),
        training.logicalShards(),
        dataset.isShuffled()
            ? OptionalLong.of(dataset.shuffleSeed().orElse(trialSeed))
            : OptionalLong.empty(),
        training.fingerprint());
  }

  /** The file's content. */
  Map<String, Object> json() {
    Map<String, Object> training = new LinkedHashMap<>();
    training.put("records", records);
    training.put("logical_shards", logicalShards);
    shuffleSeed.ifPresent(seed -> training.put("shuffle_seed", seed));
    training.put("layout", layout);
    return Map.of("training", training);
  }
}
