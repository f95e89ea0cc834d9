package dev.muster.trial.data;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** TFRecord files of {@code tf.train.Example}: a file, a directory or a glob. */
record TfRecordSource(String path) implements Source {
  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return TfRecordRows.of(spark, path);
  }
}
