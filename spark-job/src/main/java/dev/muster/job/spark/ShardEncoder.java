package dev.muster.job.spark;

import dev.muster.job.data.EncodingOrder;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.Pass;
import dev.muster.job.data.RecordFrame;
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

  /** As below, for slots that read one record at a time. */
  static ShardedData encode(SparkSession spark, Dataset description, int slots) {
    return encode(
        new Sources(spark),
        description,
        EncodingOrder.of(description, slots, 1, OptionalInt.empty()),
        EncodingMeans.DEFAULT);
  }

  /**
   * Reads and encodes the data set; the caller closes what is returned.
   *
   * @param order how the slots will read it
   * @throws TrialException when the source fails, is too large, has other columns than declared,
   *     holds a null or an array of another length, or is not the same at both readings
   */
  static ShardedData encode(
      Sources sources, Dataset description, EncodingOrder order, EncodingMeans means) {
    RecordLayout layout = RecordLayout.of(description.columns());
    String name = description.description();
    org.apache.spark.sql.Dataset<Row> source = sources.rows(description);
    List<ShardColumn> columns = new ShardSchema(name, source.schema()).columns(layout);
    Selection selection = description.pipeline().ofSource();
    JavaRDD<InternalRow> rows =
        selected(
            description,
            means.resources().on(select(source, columns).queryExecution().toRdd().toJavaRDD()));
    List<ShardReport> counts =
        counts(
            name,
            rows,
            new ShardPlan(columns, layout.frame(), List.of(), 1),
            selection.skip(),
            means.number());
    List<Long> starts = starts(counts);
    long records = starts.get(starts.size() - 1);
    long bytes = counts.stream().mapToLong(ShardReport::bytes).sum();
    StorageLevel level = level(sources.spark().sparkContext().getConf(), means.limit().copies());
    EncodingSpace.check(
        name,
        records,
        bytes,
        level.replication(),
        counts.stream().map(ShardReport::disk).toList(),
        means.limit());
    int logicalShards = order.logicalShards(records);
    int partitions = partitions(order.slots(), logicalShards, bytes);
    ShardPlan plan = new ShardPlan(columns, layout.frame(), starts, partitions);
    JavaRDD<byte[]> blocks =
        rows.mapPartitionsWithIndex(new ShardBlocks(plan, means.number()), false);
    JavaRDD<byte[]> chunks =
        means
            .resources()
            .on(ScalaBridge.sorted(blocks, partitions))
            .mapPartitionsWithIndex(new ShardChunks(plan), true)
            .setName("records of " + name)
            .persist(level);
    ShardedData data =
        ShardedData.materialize(
            name, layout, chunks, means.number(), records, bytes, logicalShards);
    LOG.info(
        "Encoded {} records, {} bytes, of {} into {} partitions", records, bytes, name, partitions);
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
    ShardPlan noColumns = new ShardPlan(List.of(), new RecordFrame(0, true), List.of(), 1);
    List<Long> starts = starts(counts(description.description(), rows, noColumns, 0, 0));
    Pass.refuseNone(description, selection, starts.get(starts.size() - 1));
    return rows.mapPartitionsWithIndex(new SelectedRows(starts, selection), false);
  }

  /**
   * Counts the rows of each partition of the source, and finds their faults.
   *
   * @param skipped the rows of the source before the first, for messages
   */
  private static List<ShardReport> counts(
      String name, JavaRDD<InternalRow> rows, ShardPlan plan, long skipped, long encoding) {
    List<ShardReport> reports = new ArrayList<>();
    long count = 0;
    for (byte[] bytes :
        rows.mapPartitionsWithIndex(new ShardCounter(plan, encoding), false).collect()) {
      ShardReport report = ShardReport.decode(bytes);
      count += report.count();
      if (report.isRowFault()) {
        throw new TrialException(
            "Cannot encode record "
                + (skipped + count)
                + " of data set '"
                + name
                + "': "
                + report.fault());
      } else if (!report.fault().isEmpty()) {
        throw new TrialException("Cannot read data set '" + name + "': " + report.fault());
      }
      reports.add(report);
    }
    return reports;
  }

  /** The number of the first record of each partition, then the count of all. */
  private static List<Long> starts(List<ShardReport> counts) {
    List<Long> starts = new ArrayList<>(List.of(0L));
    for (ShardReport report : counts) {
      starts.add(starts.get(starts.size() - 1) + report.count());
    }
    return starts;
  }

  /** With at most 32 MB in each, where there are logical shards enough. */
  private static int partitions(int slots, int logicalShards, long bytes) {
    return GlobalOrder.partitions(slots, logicalShards, -Math.floorDiv(-bytes, PARTITION_BYTES));
  }

  /** As many copies as wanted, unless there can be only one executor. */
  private static StorageLevel level(SparkConf conf, int copies) {
    boolean single =
        conf.getInt("spark.executor.instances", 2) == 1 && !SlotCapacity.isDynamic(conf);
    return copies == 1 || Master.isLocal(conf) || single
        ? StorageLevel.DISK_ONLY()
        : StorageLevel.DISK_ONLY_2();
  }
}
