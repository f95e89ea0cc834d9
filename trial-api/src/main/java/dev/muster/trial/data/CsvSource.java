package dev.muster.trial.data;

import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * CSV files with a header line. A class and no lambda, which could not be made without Spark.
 *
 * @param schema the columns as SQL has them; empty: Spark infers them, by a reading of all files
 */
record CsvSource(String path, String schema) implements Source {
  @Override
  public Dataset<Row> rows(SparkSession spark) {
    DataFrameReader reader = spark.read().option("header", true);
    if (schema.isEmpty()) {
      return reader.option("inferSchema", true).csv(path);
    }
    // Spark's defaults would pass over another header, and make null of what it cannot read.
    return reader
        .option("enforceSchema", false)
        .option("mode", "FAILFAST")
        .schema(schema)
        .csv(path);
  }
}
