package dev.muster.testkit;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.MemorySource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Runs a data set's source on a session of this JVM; needs Spark on the class path. */
final class SparkRows {
  private SparkRows() {}

  /** The rows of the source, the declared columns alone. */
  static List<Map<String, @Nullable Object>> of(Dataset dataset) {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .appName("muster-testkit")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "1")
            .getOrCreate();
    List<String> names = dataset.columns().stream().map(Column::name).toList();
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (Row row : collect(spark, dataset, names)) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), value(row, i));
      }
      rows.add(values);
    }
    return MemorySource.of(rows).rows();
  }

  @SuppressWarnings("CatchingUnchecked") // Scala's methods throw checked exceptions undeclared
  private static List<Row> collect(SparkSession spark, Dataset dataset, List<String> names) {
    try {
      org.apache.spark.sql.Dataset<Row> source = dataset.source().rows(spark);
      return source
          .select(
              names.stream()
                  .map(name -> source.col("`" + name.replace("`", "``") + "`"))
                  .toArray(org.apache.spark.sql.Column[]::new))
          .collectAsList();
    } catch (Exception e) {
      throw new TrialException(
          "Cannot read data set '" + dataset.description() + "': " + e.getMessage(), e);
    }
  }

  private static @Nullable Object value(Row row, int place) {
    Object value = row.get(place);
    boolean isPlain =
        value == null
            || value instanceof Number
            || value instanceof String
            || value instanceof Boolean
            || value instanceof byte[];
    return isPlain ? value : row.getList(place);
  }
}
