package dev.muster.examples.census;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.when;

import dev.muster.trial.data.Source;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A file of the Census Income data set: CSV with a header line, blanks after the commas, and in the
 * last column {@code <=50K} or {@code >50K}, in the test file with a full stop.
 */
final class AdultFile implements Source {
  /** The label: 1 for more than 50,000 dollars, else 0. */
  static final String RICH = "rich";

  /** The columns that are numbers. */
  static final List<String> NUMBERS =
      List.of("age", "education-num", "capital-gain", "capital-loss", "hours-per-week");

  private final String path;

  AdultFile(String path) {
    this.path = path;
  }

  @Override
  public Dataset<Row> rows(SparkSession spark) {
    Dataset<Row> rows =
        spark
            .read()
            .option("header", true)
            .option("ignoreLeadingWhiteSpace", true)
            .option("ignoreTrailingWhiteSpace", true)
            .csv(path);
    for (String number : NUMBERS) {
      rows = rows.withColumn(number, col(quoted(number)).cast("float"));
    }
    Column rich = col("Y").startsWith(">50K");
    return rows.withColumn(RICH, when(rich, 1f).otherwise(0f));
  }

  /** A hyphen would be a minus. */
  private static String quoted(String column) {
    return "`" + column + "`";
  }
}
