package dev.muster.job.spark;

import dev.muster.job.data.Batch;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.data.Dataset;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A driver of its own for {@link ShardClusterTest}: two executors in JVMs of their own. */
final class ShardClusterMain {
  private static final int SLOTS = 4;
  private static final long RECORDS = 5_001;

  private ShardClusterMain() {}

  private static Dataset description() {
    return Dataset.of(
            "range",
            session ->
                session.range(0, RECORDS, 1, 3).selectExpr("id", "array(float(id), 0.5f) AS x"))
        .feature("x", TFloat32.class, Shape.of(2))
        .label("id", TInt64.class);
  }

  /** Args: the executors' class path, a directory of theirs. */
  public static void main(String[] args) {
    SparkSession spark =
        SparkSession.builder()
            .master("local-cluster[2,2,1024]")
            .appName("ShardClusterMain")
            .config("spark.ui.enabled", "false")
            .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .config("spark.kryo.registrationRequired", "true")
            .config("spark.task.maxFailures", "1000")
            .config("spark.scheduler.minRegisteredResourcesRatio", "1")
            .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
            .config("spark.executor.extraClassPath", args[0])
            .getOrCreate();
    try {
      allRecordsArriveOnce(spark, args[1]);
      rowFaultsEndTheEncodingAtOnce(spark);
    } finally {
      spark.stop();
    }
  }

  private static void allRecordsArriveOnce(SparkSession spark, String directory) {
    try (ShardedData data = ShardEncoder.encode(spark, description(), SLOTS)) {
      byte[] location = data.location().encode();
      List<Integer> ranks = new ArrayList<>();
      for (int i = 0; i < 2 * SLOTS; i++) {
        ranks.add(i); // Twice, so that slots also fetch from the other executor.
      }
      List<byte[]> sums =
          new JavaSparkContext(spark.sparkContext())
              .parallelize(ranks, ranks.size())
              .map(rank -> sum(location, rank % SLOTS, Path.of(directory)))
              .collect();
      long count = 0;
      long sum = 0;
      for (byte[] bytes : sums) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        count += buffer.getLong();
        sum += buffer.getLong();
      }
      check(2 * RECORDS, count);
      check(RECORDS * (RECORDS - 1), sum);
    }
  }

  private static byte[] sum(byte[] bytes, int rank, Path directory) throws Exception {
    ShardLocation location = ShardLocation.decode(bytes);
    RecordLayout layout = RecordLayout.of(description().columns());
    GlobalOrder order = new GlobalOrder(location.records(), location.logicalShards(), true, 3);
    long count = 0;
    long sum = 0;
    try (RecordStore store =
            ShardFetcher.fetch(location, layout, rank, SLOTS, Files.createDirectories(directory));
        SlotBatches batches = SlotBatches.validation(layout, order, store, rank, SLOTS, 100)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        TInt64 ids = (TInt64) Objects.requireNonNull(batch.tensors().get("id"));
        TFloat32 x = (TFloat32) Objects.requireNonNull(batch.tensors().get("x"));
        for (int row = 0; row < batch.examples(); row++) {
          check(ids.getLong(row), (long) x.getFloat(row, 0));
          sum += ids.getLong(row);
          count++;
        }
      }
    }
    return ByteBuffer.allocate(16).putLong(count).putLong(sum).array();
  }

  private static void rowFaultsEndTheEncodingAtOnce(SparkSession spark) {
    Dataset holes =
        Dataset.of(
                "holes",
                session -> session.range(0, 9, 1, 3).selectExpr("if(id = 7, null, id) AS id"))
            .feature("id", TInt64.class);
    try {
      ShardEncoder.encode(spark, holes, SLOTS).close();
    } catch (dev.muster.trial.TrialException e) {
      if (String.valueOf(e.getMessage())
          .startsWith("Cannot encode record 7 of data set 'holes': column 'id' is null")) {
        return;
      }
      throw e;
    }
    throw new IllegalStateException("Expected an error, found none");
  }

  private static void check(long expected, long found) {
    if (expected != found) {
      throw new IllegalStateException("Expected " + expected + ", found " + found);
    }
  }
}
