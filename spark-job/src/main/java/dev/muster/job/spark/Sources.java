package dev.muster.job.spark;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The rows of data sets in a session. A user's source is asked once, though the pre-flight and the
 * encoding both need it: it may list files, or read them to infer a schema. Thread-safe.
 */
final class Sources {
  private final SparkSession spark;
  private final Map<Dataset, org.apache.spark.sql.Dataset<Row>> asked =
      new IdentityHashMap<>(); // guarded by this

  Sources(SparkSession spark) {
    this.spark = spark;
  }

  SparkSession spark() {
    return spark;
  }

  /**
   * The rows of a data set; a source that failed is asked again.
   *
   * @throws TrialException if the source fails or gives none
   */
  synchronized org.apache.spark.sql.Dataset<Row> rows(Dataset description) {
    org.apache.spark.sql.Dataset<Row> known = asked.get(description);
    if (known != null) {
      return known;
    }
    org.apache.spark.sql.Dataset<Row> rows = ask(description);
    asked.put(description, rows);
    return rows;
  }

  private org.apache.spark.sql.Dataset<Row> ask(Dataset description) {
    try {
      org.apache.spark.sql.Dataset<Row> rows = description.source().rows(spark);
      if (rows != null) {
        return rows;
      }
    } catch (Exception e) {
      throw new TrialException(
          "Cannot read data set '" + description.description() + "': " + fact(e), e);
    }
    throw new TrialException(
        "Cannot read data set '"
            + description.description()
            + "': expected rows from its source, found null");
  }

  private static String fact(Exception thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.toString() : message.strip().replaceFirst("\\.$", "");
  }
}
