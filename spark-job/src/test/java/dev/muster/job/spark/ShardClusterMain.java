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
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.awaitility.Awaitility;
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
  public static void main(String[] args) throws Exception {
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
      lostShardsAreEncodedAgain(spark);
      anotherOrderAfterALossNamesTheSource(spark);
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

  private static void lostShardsAreEncodedAgain(SparkSession spark) throws Exception {
    try (ShardedData data = ShardEncoder.encode(spark, description(), SLOTS)) {
      List<ShardHash> hashes = data.hashes();
      killExecutors(spark);
      data.materializeAgain(false);
      check(1, data.isStored() && data.hashes().equals(hashes) ? 1 : 0);
    }
  }

  private static void anotherOrderAfterALossNamesTheSource(SparkSession spark) throws Exception {
    Dataset moving =
        Dataset.of(
                "moving",
                session ->
                    session
                        .range(0, 100, 1, 3)
                        .toDF()
                        .mapPartitions(new AnyOrder(), Encoders.row(ID)))
            .feature("id", TInt64.class);
    try (ShardedData data = ShardEncoder.encode(spark, moving, SLOTS)) {
      killExecutors(spark);
      data.materializeAgain(false);
    } catch (dev.muster.trial.TrialException e) {
      String message = String.valueOf(e.getMessage());
      if (message.startsWith("Cannot encode data set 'moving': expected the same rows")
          && message.contains("found that logical shard ")
          && message.contains("its source is not deterministic")) {
        return;
      }
      throw e;
    }
    throw new IllegalStateException("Expected an error, found none");
  }

  private static final StructType ID = new StructType().add("id", DataTypes.LongType);

  /** The rows of a partition, in another order whenever they are read. */
  private record AnyOrder() implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      List<Row> all = new ArrayList<>();
      rows.forEachRemaining(all::add);
      Collections.shuffle(all, new Random(System.nanoTime()));
      return all.iterator();
    }
  }

  private static void killExecutors(SparkSession spark) throws Exception {
    List<Integer> tasks = List.of(0, 1, 2, 3, 4, 5, 6, 7);
    List<Long> pids =
        new JavaSparkContext(spark.sparkContext())
            .parallelize(tasks, tasks.size())
            .map(
                task -> {
                  TimeUnit.MILLISECONDS.sleep(200); // so that each executor gets some
                  return ProcessHandle.current().pid();
                })
            .distinct()
            .collect();
    check(2, pids.size());
    for (long pid : pids) {
      new ProcessBuilder("kill", "-9", Long.toString(pid)).start().waitFor();
    }
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .until(() -> pids.stream().noneMatch(pid -> ProcessHandle.of(pid).isPresent()));
  }

  private static void check(long expected, long found) {
    if (expected != found) {
      throw new IllegalStateException("Expected " + expected + ", found " + found);
    }
  }
}
