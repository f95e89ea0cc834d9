package dev.muster.trial.data;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** CSV files with a header line. A class and no lambda, which could not be made without Spark. */
record CsvSource(String path) implements Source {
  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return spark.read().option("header", true).option("inferSchema", true).csv(path);
  }
}
