package dev.muster.trial.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/** Joins rows by their numbers. A class of its own: without Spark it cannot be loaded. */
final class ZippedRows {
  /** No column of a user's has it. */
  private static final String NUMBER = "muster.number";

  private ZippedRows() {}

  /** The rows with these columns alone. */
  static Dataset<Row> select(Dataset<Row> rows, List<String> columns) {
    return rows.select(columns.stream().map(name -> column(rows, name)).toArray(Column[]::new));
  }

  private static Column column(Dataset<Row> rows, String name) {
    return rows.col("`" + name.replace("`", "``") + "`");
  }

  /** Row i of both, for all numbers that both have, in their order. */
  static Dataset<Row> of(SparkSession spark, Dataset<Row> one, Dataset<Row> other) {
    Dataset<Row> left = numbered(spark, one);
    Dataset<Row> right = numbered(spark, other);
    Column number = column(left, NUMBER);
    List<Column> columns = new ArrayList<>();
    for (String name : one.columns()) {
      columns.add(column(left, name));
    }
    for (String name : other.columns()) {
      columns.add(column(right, name));
    }
    return left.join(right, number.equalTo(column(right, NUMBER)), "inner")
        .sort(number)
        .select(columns.toArray(Column[]::new));
  }

  /** With the rows' numbers; not by Spark's zipWithIndex, whose pairs are Scala's. */
  private static Dataset<Row> numbered(SparkSession spark, Dataset<Row> rows) {
    JavaRDD<Row> source = rows.toJavaRDD();
    List<Long> starts = new ArrayList<>();
    long count = 0;
    for (long ofPartition : source.mapPartitionsWithIndex(new Counting(), false).collect()) {
      starts.add(count);
      count += ofPartition;
    }
    return spark.createDataFrame(
        source.mapPartitionsWithIndex(new Numbering(starts), false),
        rows.schema().add(NUMBER, DataTypes.LongType, false));
  }

  /** The count of a partition's rows. */
  private static final class Counting implements Function2<Integer, Iterator<Row>, Iterator<Long>> {
    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<Long> call(Integer partition, Iterator<Row> rows) {
      long count = 0;
      for (; rows.hasNext(); count++) {
        rows.next();
      }
      return List.of(count).iterator();
    }
  }

  /** Appends each row's number. */
  private static final class Numbering implements Function2<Integer, Iterator<Row>, Iterator<Row>> {
    private static final long serialVersionUID = 1L;

    private final List<Long> starts;

    Numbering(List<Long> starts) {
      this.starts = starts;
    }

    @Override
    public Iterator<Row> call(Integer partition, Iterator<Row> rows) {
      return new Iterator<>() {
        private long number = starts.get(partition);

        @Override
        public boolean hasNext() {
          return rows.hasNext();
        }

        @Override
        public Row next() {
          return with(rows.next(), number++);
        }
      };
    }

    private static Row with(Row row, long number) {
      Object[] values = new Object[row.length() + 1];
      for (int i = 0; i < row.length(); i++) {
        values[i] = row.get(i);
      }
      values[row.length()] = number;
      return RowFactory.create(values);
    }
  }
}
