package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Makes Spark's rows of rows in memory: the common type of each column, then the values in it. */
final class MemoryRows {
  /** What the elements of a column are; numbers stand in the order in which they widen. */
  private enum Element {
    TRUTH(DataTypes.BooleanType),
    TEXT(DataTypes.StringType),
    BINARY(DataTypes.BinaryType),
    LONG(DataTypes.LongType),
    FLOAT(DataTypes.FloatType),
    DOUBLE(DataTypes.DoubleType);

    private final DataType type;

    Element(DataType type) {
      this.type = type;
    }

    private boolean isNumber() {
      return compareTo(LONG) >= 0;
    }

    /** The type that holds both, or null. A long and a float need a double. */
    private @Nullable Element with(Element other) {
      if (this == other) {
        return this;
      }
      return isNumber() && other.isNumber() ? DOUBLE : null;
    }

    private Object convert(Object value) {
      return this == DOUBLE ? ((Number) value).doubleValue() : value;
    }
  }

  private record Kind(Element element, boolean isArray) {
    @Nullable Kind with(Kind other) {
      Element common = element.with(other.element);
      return common == null || isArray != other.isArray ? null : new Kind(common, isArray);
    }

    DataType type() {
      return isArray ? DataTypes.createArrayType(element.type, false) : element.type;
    }

    @Nullable Object convert(@Nullable Object value) {
      if (value == null) {
        return null;
      }
      return isArray
          ? elements(value).stream().map(element::convert).toArray()
          : element.convert(value);
    }

    @Override
    public String toString() {
      String name = element.type.simpleString();
      return isArray ? "array of " + name : name;
    }
  }

  private final List<Map<String, @Nullable Object>> rows;
  private final Map<String, Kind> columns = new LinkedHashMap<>();

  private MemoryRows(List<Map<String, @Nullable Object>> rows) {
    this.rows = rows;
  }

  /**
   * The rows with their columns' types.
   *
   * @param rows as {@link MemorySource#rows()} has them
   * @throws TrialException if the values of a column have no common type
   */
  static MemoryRows of(List<Map<String, @Nullable Object>> rows) {
    MemoryRows made = new MemoryRows(rows);
    for (int record = 0; record < rows.size(); record++) {
      for (Map.Entry<String, @Nullable Object> value : rows.get(record).entrySet()) {
        if (value.getValue() != null) {
          made.add(value.getKey(), kind(value.getValue()), record);
        }
      }
    }
    return made;
  }

  private void add(String column, Kind found, int record) {
    Kind before = columns.putIfAbsent(column, found);
    if (before == null) {
      return;
    }
    Kind common = before.with(found);
    if (common == null) {
      throw new TrialException(
          "Cannot read column '"
              + column
              + "' of rows in memory: expected one type in all rows, found "
              + before
              + ", then "
              + found
              + " in record "
              + record);
    }
    columns.put(column, common);
  }

  private static Kind kind(Object value) {
    if (value instanceof byte[]) {
      return new Kind(Element.BINARY, false);
    }
    if (!(value instanceof List) && !value.getClass().isArray()) {
      return new Kind(element(value), false);
    }
    List<Object> elements = elements(value);
    Kind kind = new Kind(elements.isEmpty() ? Element.LONG : element(elements.get(0)), true);
    for (Object element : elements) {
      Kind common = kind.with(new Kind(element(element), true));
      if (common == null) {
        throw new TrialException(
            "Cannot read a List of rows in memory: expected elements of one type, found " + value);
      }
      kind = common;
    }
    return kind;
  }

  private static Element element(Object value) {
    if (value instanceof Boolean) {
      return Element.TRUTH;
    } else if (value instanceof String) {
      return Element.TEXT;
    } else if (value instanceof Long || value instanceof Integer) {
      return Element.LONG;
    }
    return value instanceof Float ? Element.FLOAT : Element.DOUBLE;
  }

  private static List<Object> elements(Object value) {
    List<Object> elements = new ArrayList<>();
    if (value instanceof List<?> list) {
      elements.addAll(list);
    } else {
      for (int i = 0; i < Array.getLength(value); i++) {
        Object element = Array.get(value, i);
        elements.add(element instanceof Integer whole ? (Object) whole.longValue() : element);
      }
    }
    return elements;
  }

  Dataset<Row> rows(SparkSession spark) {
    StructType schema = new StructType();
    for (Map.Entry<String, Kind> column : columns.entrySet()) {
      schema = schema.add(column.getKey(), column.getValue().type(), true);
    }
    List<Row> made = new ArrayList<>();
    for (Map<String, @Nullable Object> row : rows) {
      made.add(
          RowFactory.create(
              columns.entrySet().stream()
                  .map(column -> column.getValue().convert(row.get(column.getKey())))
                  .toArray()));
    }
    return spark.createDataFrame(made, schema);
  }
}
