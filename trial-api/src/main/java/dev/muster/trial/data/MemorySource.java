package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are in memory. A value is a Boolean, a Byte, Short, Integer or Long, a Float or Double,
 * a String, a byte[] (binary), or an array or List of the others, nested for more dimensions (their
 * elements are read in row-major order). Where rows differ, integers become longs, and numbers
 * fractions. Immutable; needs Spark in {@link #rows(SparkSession)} alone.
 */
public final class MemorySource implements Source {
  private final List<Map<String, @Nullable Object>> rows;

  private MemorySource(List<Map<String, @Nullable Object>> rows) {
    this.rows = Collections.unmodifiableList(rows);
  }

  /**
   * A source of these rows, which are copied, but for arrays of one dimension.
   *
   * @throws TrialException if there is no row, or one holds a value of another kind
   */
  public static MemorySource of(List<? extends Map<String, ?>> rows) {
    if (rows.isEmpty()) {
      throw new TrialException("Cannot make a data set of rows in memory: the list has no rows");
    }
    List<Map<String, @Nullable Object>> copies = new ArrayList<>();
    for (Map<String, ?> row : rows) {
      Map<String, @Nullable Object> copy = new LinkedHashMap<>();
      row.forEach((column, value) -> copy.put(column, plain(value, column, copies.size())));
      copies.add(Collections.unmodifiableMap(copy));
    }
    return new MemorySource(copies);
  }

  /**
   * The rows: each value is null, a Boolean, Long, Float, Double, String or byte[], or, for several
   * elements, a boolean[], int[], long[], float[], double[] or a List of the former.
   */
  public List<Map<String, @Nullable Object>> rows() {
    return rows;
  }

  @Override
  public org.apache.spark.sql.Dataset<Row> rows(SparkSession spark) {
    return MemoryRows.of(rows).rows(spark);
  }

  private static @Nullable Object plain(@Nullable Object value, String column, int record) {
    if (value == null || value instanceof byte[]) {
      return value;
    }
    if (isPlainArray(value)) {
      return value;
    }
    if (value.getClass().isArray() || value instanceof List) {
      List<Object> elements = new ArrayList<>();
      flatten(value, elements, column, record);
      return Collections.unmodifiableList(elements);
    }
    return single(value, column, record);
  }

  private static boolean isPlainArray(Object value) {
    return value instanceof boolean[]
        || value instanceof int[]
        || value instanceof long[]
        || value instanceof float[]
        || value instanceof double[];
  }

  private static void flatten(
      @Nullable Object value, List<Object> into, String column, int record) {
    if (value instanceof List<?> list) {
      list.forEach(element -> flatten(element, into, column, record));
    } else if (value != null && value.getClass().isArray()) {
      for (int i = 0; i < Array.getLength(value); i++) {
        flatten(Array.get(value, i), into, column, record);
      }
    } else {
      into.add(single(value, column, record));
    }
  }

  private static Object single(@Nullable Object value, String column, int record) {
    if (value instanceof Byte || value instanceof Short || value instanceof Integer) {
      return ((Number) value).longValue();
    }
    if (value instanceof Boolean
        || value instanceof Long
        || value instanceof Float
        || value instanceof Double
        || value instanceof String) {
      return value;
    }
    throw new TrialException(
        "Cannot read column '"
            + column
            + "' of record "
            + record
            + " of rows in memory: expected a number, a truth value, a text, bytes, or an array or"
            + " List of these, found "
            + (value == null ? "null in a List or array" : value.getClass().getName()));
  }

  @Override
  public String toString() {
    return rows.size() + " rows in memory";
  }
}
