package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.data.Batch;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;
import org.tensorflow.Tensor;

/** What two slots see of a data set that is encoded, stored and fetched. */
final class EncodedRecords {
  private static final int SLOTS = 2;

  /** Reads a record of a batch. */
  interface Reader<T> {
    T read(Batch batch, int row);
  }

  private EncodedRecords() {}

  static SparkSession session(String name) {
    return SparkSession.builder()
        .master("local[2]")
        .appName(name)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "3")
        .getOrCreate();
  }

  static <T extends Tensor> T tensor(Batch batch, String name, Class<T> type) {
    return type.cast(Objects.requireNonNull(batch.tensors().get(name)));
  }

  /** The records' values in their order. */
  static <T> List<T> values(
      SparkSession spark, Dataset description, Path directory, Reader<T> reader) {
    TreeMap<Long, T> found = new TreeMap<>();
    try (ShardedData data = ShardEncoder.encode(spark, description, SLOTS)) {
      GlobalOrder order = new GlobalOrder(data.records(), data.logicalShards(), false, 0);
      for (int rank = 0; rank < SLOTS; rank++) {
        long record = rank;
        try (RecordStore store =
                ShardFetcher.fetch(data.location(), data.layout(), rank, SLOTS, directory);
            SlotBatches batches =
                SlotBatches.validation(data.layout(), order, store, rank, SLOTS, 3)) {
          while (batches.hasNext()) {
            Batch batch = batches.next();
            for (int row = 0; row < batch.examples(); row++, record += SLOTS) {
              found.put(record, reader.read(batch, row));
            }
          }
        }
      }
      assertThat(found).hasSize((int) data.records());
    }
    return new ArrayList<>(found.values());
  }

  static void assertRefused(SparkSession spark, Dataset description, String... parts) {
    assertThatThrownBy(() -> ShardEncoder.encode(spark, description, SLOTS))
        .isInstanceOf(TrialException.class)
        .message()
        .contains(parts);
    assertThat(spark.sparkContext().getPersistentRDDs().isEmpty()).isTrue();
  }
}
