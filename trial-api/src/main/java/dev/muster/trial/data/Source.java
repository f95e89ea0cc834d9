package dev.muster.trial.data;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Where the rows of a data set come from: runs once on the driver, which never holds the rows. */
@FunctionalInterface
public interface Source {
  /**
   * The rows, in an order that is the same each time.
   *
   * @param spark the job's session
   */
  org.apache.spark.sql.Dataset<Row> rows(SparkSession spark);
}
