package dev.muster.trial.data;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import scala.Tuple2;

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

  private static Dataset<Row> numbered(SparkSession spark, Dataset<Row> rows) {
    JavaRDD<Row> numbered = rows.toJavaRDD().zipWithIndex().map(new Numbering());
    return spark.createDataFrame(numbered, rows.schema().add(NUMBER, DataTypes.LongType, false));
  }

  /** Appends a row's number. */
  private static final class Numbering implements Function<Tuple2<Row, Long>, Row> {
    private static final long serialVersionUID = 1L;

    @Override
    public Row call(Tuple2<Row, Long> numbered) {
      Row row = numbered._1();
      Object[] values = new Object[row.length() + 1];
      for (int i = 0; i < row.length(); i++) {
        values[i] = row.get(i);
      }
      values[row.length()] = numbered._2();
      return RowFactory.create(values);
    }
  }
}
