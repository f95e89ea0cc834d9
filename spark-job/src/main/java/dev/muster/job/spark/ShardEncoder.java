package dev.muster.job.spark;

import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.Pass;
import dev.muster.job.data.RecordLayout;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes the rows of a data set into records of fixed length, numbered in the source's order, and
 * keeps them in the partitions of a persisted RDD: record i in partition i mod P. Runs on the
 * driver; the rows are read twice, first to number and check them, then to encode them, and never
 * come to the driver. Where some are to be skipped, they are counted before that.
 */
final class ShardEncoder {
  private static final Logger LOG = LoggerFactory.getLogger(ShardEncoder.class);
  private static final long PARTITION_BYTES = 32 << 20;

  private ShardEncoder() {}

  /**
   * Reads and encodes the data set; the caller closes what is returned.
   *
   * @param slots N, which divides both the partitions and the logical shards
   * @throws TrialException when the source fails, has other columns than declared, holds a null or
   *     an array of another length, or is not the same at both readings
   */
  static ShardedData encode(SparkSession spark, Dataset description, int slots) {
    return encode(
        new Sources(spark), description, slots, OptionalInt.empty(), SlotResources.DEFAULT);
  }

  /**
   * As {@link #encode(SparkSession, Dataset, int)}.
   *
   * @param wantedShards the logical shards, a multiple of the slots; empty: as suits the slots
   * @param resources of the slots, on whose executors all of it runs: others would be held beside
   *     them until the shuffled records are read, and on a small cluster both wait for ever
   */
  static ShardedData encode(
      Sources sources,
      Dataset description,
      int slots,
      OptionalInt wantedShards,
      SlotResources resources) {
    RecordLayout layout = RecordLayout.of(description.columns());
    String name = description.description();
    org.apache.spark.sql.Dataset<Row> source = sources.rows(description);
    List<ShardColumn> columns = new ShardSchema(name, source.schema()).columns(layout);
    Selection selection = description.pipeline().ofSource();
    JavaRDD<InternalRow> rows =
        selected(
            description,
            resources.on(select(source, columns).queryExecution().toRdd().toJavaRDD()));
    ShardPlan counting = new ShardPlan(columns, layout.stride(), List.of(), 1);
    List<Long> starts = starts(name, rows, counting, selection.skip());
    long records = starts.get(starts.size() - 1);
    int partitions = partitions(slots, records, layout.stride());
    ShardPlan plan = new ShardPlan(columns, layout.stride(), starts, partitions);
    JavaRDD<byte[]> blocks = rows.mapPartitionsWithIndex(new ShardBlocks(plan), false);
    JavaRDD<byte[]> chunks =
        resources
            .on(ScalaBridge.sorted(blocks, partitions))
            .mapPartitionsWithIndex(new ShardChunks(plan), true)
            .setName("records of " + name)
            .persist(level(sources.spark().sparkContext().getConf()));
    int logicalShards = wantedShards.orElseGet(() -> GlobalOrder.logicalShards(slots, records));
    ShardedData data = ShardedData.materialize(name, layout, chunks, records, logicalShards);
    LOG.info(
        "Encoded {} records of {} bytes of {} into {} partitions",
        records,
        layout.stride(),
        name,
        partitions);
    return data;
  }

  static org.apache.spark.sql.Dataset<Row> select(
      org.apache.spark.sql.Dataset<Row> source, List<ShardColumn> columns) {
    return source.select(
        columns.stream()
            .map(column -> source.col("`" + column.name().replace("`", "``") + "`"))
            .toArray(Column[]::new));
  }

  /**
   * The rows that the data set's skip() and take() select. To know their numbers, all are counted.
   *
   * @throws TrialException if there are none
   */
  static JavaRDD<InternalRow> selected(Dataset description, JavaRDD<InternalRow> rows) {
    Selection selection = description.pipeline().ofSource();
    if (selection.isAll()) {
      return rows;
    }
    ShardPlan noColumns = new ShardPlan(List.of(), 0, List.of(), 1);
    List<Long> starts = starts(description.description(), rows, noColumns, 0);
    Pass.refuseNone(description, selection, starts.get(starts.size() - 1));
    return rows.mapPartitionsWithIndex(new SelectedRows(starts, selection), false);
  }

  /**
   * Numbers the rows: the first of each partition, then the count of all.
   *
   * @param skipped the rows of the source before the first, for messages
   */
  private static List<Long> starts(
      String name, JavaRDD<InternalRow> rows, ShardPlan plan, long skipped) {
    List<Long> starts = new ArrayList<>(List.of(0L));
    long count = 0;
    for (byte[] bytes : rows.mapPartitionsWithIndex(new ShardCounter(plan), false).collect()) {
      ShardReport report = ShardReport.decode(bytes);
      count += report.count();
      if (report.isRowFault()) {
        throw new TrialException(
            "Cannot encode record "
                + (skipped + count)
                + " of data set '" + name + "': " + report.fault());
      } else if (!report.fault().isEmpty()) {
        throw new TrialException("Cannot read data set '" + name + "': " + report.fault());
      }
      starts.add(count);
    }
    return starts;
  }

  /** A multiple of the slots with at most 32 MB in each. */
  private static int partitions(int slots, long records, int stride) {
    long bytes = Math.multiplyExact(records, (long) stride);
    long perSlot = Math.max(1, -Math.floorDiv(-bytes, PARTITION_BYTES * slots));
    long partitions = Math.multiplyExact(perSlot, (long) slots);
    if (partitions > ShardKey.MAXIMUM_BUCKETS) {
      throw new TrialException(
          "Cannot encode "
              + bytes
              + " bytes: expected at most "
              + ShardKey.MAXIMUM_BUCKETS
              + " partitions of 32 MB, found "
              + partitions);
    }
    return (int) partitions;
  }

  /** Two copies, unless there can be only one executor. */
  private static StorageLevel level(SparkConf conf) {
    boolean single =
        conf.getInt("spark.executor.instances", 2) == 1 && !SlotCapacity.isDynamic(conf);
    return Master.isLocal(conf) || single ? StorageLevel.DISK_ONLY() : StorageLevel.DISK_ONLY_2();
  }
}
