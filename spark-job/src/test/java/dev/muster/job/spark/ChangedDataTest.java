package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.data.EncodingOrder;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.MapOutputTrackerMaster;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.types.TInt64;

/** A source that yields other records when what was encoded is lost. */
class ChangedDataTest {
  private static final AtomicInteger OFFSET = new AtomicInteger();
  private static SparkSession spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("ChangedDataTest")
            .config("spark.ui.enabled", "false")
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  /** 50 records; the 40th has another value in each reading with another offset. */
  private static Dataset moving() {
    return Dataset.of(
            "moving",
            session -> {
              var rdd =
                  new JavaSparkContext(session.sparkContext())
                      .parallelize(List.of(0), 1)
                      .flatMap(
                          start -> {
                            List<Row> rows = new ArrayList<>();
                            for (long i = 0; i < 50; i++) {
                              rows.add(RowFactory.create(i == 40 ? i + OFFSET.get() : i));
                            }
                            return rows.iterator();
                          });
              return session.createDataFrame(rdd, new StructType().add("x", DataTypes.LongType));
            })
        .feature("x", TInt64.class);
  }

  /** As after the loss of all executors: neither records nor the shuffle's files are left. */
  private static void loseAll(ShardedData data) {
    for (int partition = 0; partition < data.partitions(); partition++) {
      SparkEnv.get().blockManager().removeBlock(new RDDBlockId(data.rddId(), partition), true);
    }
    MapOutputTrackerMaster outputs = (MapOutputTrackerMaster) SparkEnv.get().mapOutputTracker();
    for (int shuffle = 0; shuffle < 100; shuffle++) {
      if (outputs.containsShuffle(shuffle)) {
        outputs.unregisterAllMapAndMergeOutput(shuffle);
      }
    }
  }

  @Test
  void hashesAreThoseOfTheShardsRecordsWhateverTheSlots() throws Exception {
    OFFSET.set(0);
    for (int slots : List.of(1, 2, 3)) {
      try (ShardedData data =
          ShardEncoder.encode(
              new Sources(spark),
              moving(),
              new EncodingOrder(slots, 6, OptionalInt.empty()),
              EncodingMeans.DEFAULT)) {
        assertThat(data.logicalShards()).isEqualTo(6);
        assertThat(data.hashes()).hasSize(6);
        for (int shard = 0; shard < 6; shard++) {
          MessageDigest digest = MessageDigest.getInstance("SHA-256");
          for (long i = shard; i < 50; i += 6) {
            digest.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(i).array());
          }
          assertThat(data.hashes().get(shard))
              .hasToString(HexFormat.of().formatHex(digest.digest()));
        }
      }
    }
  }

  @Test
  void damagedBlockIsEncodedAgainAndIsNotTheSourcesFault() {
    OFFSET.set(0);
    try (ShardedData data = ShardEncoder.encode(spark, moving(), 2)) {
      damage(data);
      assertThatThrownBy(() -> ShardFetcher.fetch(data.location(), data.layout(), 0, 2, directory))
          .isInstanceOf(ShardMissingException.class)
          .hasMessageContaining(" is damaged: ");
      assertThat(directory).isEmptyDirectory();

      data.distrust();
      assertThat(data.isStored()).isFalse();
      data.materializeAgain(false);

      assertThat(data.isStored()).isTrue();
      ShardFetcher.fetch(data.location(), data.layout(), 0, 2, directory).close();
    }
    try (ShardedData data = ShardEncoder.encode(spark, moving(), 2)) {
      damage(data);
      data.materializeAgain(false); // without a word of distrust, the reading itself finds it
      ShardFetcher.fetch(data.location(), data.layout(), 0, 2, directory).close();
    }
  }

  /**
   * Other bytes in a record of the first partition, in the files that Spark's block manager has.
   */
  private static void damage(ShardedData data) {
    java.io.File block =
        SparkEnv.get()
            .blockManager()
            .diskBlockManager()
            .getFile(new RDDBlockId(data.rddId(), 0).name());
    try (RandomAccessFile file = new RandomAccessFile(block, "rw")) {
      byte[] bytes = new byte[(int) file.length()];
      file.readFully(bytes);
      for (int at = bytes.length - 40; at < bytes.length - 16; at++) {
        bytes[at] ^= 1; // within the last records: an array's header and end stay whole
      }
      file.seek(0);
      file.write(bytes);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void changedRecordIsAnErrorThatNamesTheSourceAndItsShardOrIsAccepted() {
    OFFSET.set(0);
    try (ShardedData data = ShardEncoder.encode(spark, moving(), 2)) {
      data.materializeAgain(false);
      ShardLocation before = data.location();
      OFFSET.set(1);
      loseAll(data);

      assertThatThrownBy(() -> data.materializeAgain(false))
          .isInstanceOf(TrialException.class)
          .hasMessage(
              "Cannot encode data set 'moving': expected the same rows in the same order at each"
                  + " reading, found that logical shard 0 of 2 (records 0, 2, 4, …) has other bytes"
                  + " than before; its source is not deterministic: sort its rows, or write them to"
                  + " files first");
      assertThatThrownBy(() -> ShardFetcher.fetch(before, data.layout(), 0, 2, directory))
          .isInstanceOf(ShardMissingException.class)
          .hasMessageContaining(" is damaged: Cannot write records to ")
          .hasMessageContaining(": expected CRC-32C ");

      data.materializeAgain(true);

      ShardFetcher.fetch(data.location(), data.layout(), 0, 2, directory).close();
      assertThat(data.location()).isNotEqualTo(before);
    }
  }
}
