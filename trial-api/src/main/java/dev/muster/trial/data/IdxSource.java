package dev.muster.trial.data;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A pair of IDX files: unsigned bytes of rank 1 to 3 for the images, rank 1 for the labels. */
record IdxSource(String images, String labels) implements Source {
  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return IdxRows.of(spark, images, labels);
  }
}
