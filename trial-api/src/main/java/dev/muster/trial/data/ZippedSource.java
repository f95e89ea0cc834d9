package dev.muster.trial.data;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The rows of two sources side by side: those columns of each, by the rows' numbers. */
record ZippedSource(Source one, List<String> columns, Source other, List<String> otherColumns)
    implements Source {
  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return ZippedRows.of(
        spark,
        ZippedRows.select(one.rows(spark), columns),
        ZippedRows.select(other.rows(spark), otherColumns));
  }
}
