package dev.muster.job.spark;

import dev.muster.job.data.RecordLayout;
import dev.muster.job.text.NearName;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Holds the columns of a source against the declared ones, on the driver, before any job. */
final class ShardSchema {
  /** The mark of an array that is a source's list: one of one element may become a scalar. */
  private static final String LIST = "muster.list";

  private final String description;
  private final StructType schema;

  ShardSchema(String description, StructType schema) {
    this.description = description;
    this.schema = schema;
  }

  /**
   * How each declared column is encoded, when the rows have exactly these columns in this order.
   *
   * @throws TrialException when a column is missing or cannot become its tensor
   */
  List<ShardColumn> columns(RecordLayout layout) {
    List<ShardColumn> columns = new ArrayList<>();
    for (RecordLayout.Field field : layout.fields()) {
      columns.add(column(field, columns.size()));
    }
    return List.copyOf(columns);
  }

  /** What is wrong with each declared column; empty when all can be encoded. */
  List<String> faults(RecordLayout layout) {
    List<String> faults = new ArrayList<>();
    for (RecordLayout.Field field : layout.fields()) {
      try {
        var unused = column(field, 0);
      } catch (TrialException e) {
        faults.add(String.valueOf(e.getMessage()));
      }
    }
    return faults;
  }

  private ShardColumn column(RecordLayout.Field field, int ordinal) {
    Column column = field.column();
    StructField source = source(column.name());
    DataType type = source.dataType();
    boolean isList = source.metadata().contains(LIST) && source.metadata().getBoolean(LIST);
    ShardType tensor = ShardType.ofTensor(column.type());
    ShardColumn.Form form = ShardColumn.Form.SINGLE;
    ShardType elements = ShardType.ofColumn(type);
    boolean areNullable = false;
    boolean fits = isScalar(column);
    if (type instanceof BinaryType && tensor != ShardType.TEXT) {
      form = ShardColumn.Form.BINARY;
      elements = tensor == ShardType.UINT8 ? tensor : null;
      fits = !isScalar(column) && column.isFixed();
    } else if (ShardVector.is(type)) {
      form = ShardColumn.Form.VECTOR;
      elements = tensor.isFraction() ? ShardType.FLOAT64 : null;
      fits = column.shape().numDimensions() == 1;
    } else if (type instanceof ArrayType array) {
      int depth = depth(array);
      ArrayType inner = inner(array);
      form = depth == 1 ? ShardColumn.Form.ARRAY : ShardColumn.Form.NESTED;
      elements = ShardType.ofColumn(inner.elementType());
      areNullable = inner.containsNull();
      boolean isFlat = depth == 1 && !column.isSparse() && !column.shape().hasUnknownDimension();
      fits = isFlat ? isList || !isScalar(column) : depth == column.shape().numDimensions();
      if (isList && elements == ShardType.BYTES && tensor == ShardType.UINT8) {
        form = ShardColumn.Form.LISTED_BINARY;
        elements = tensor;
        fits = column.isFixed();
      }
    } else if (!isScalar(column) && !column.shape().hasUnknownDimension() && !column.isSparse()) {
      fits = column.elements() == 1;
    }
    if (elements == null || !elements.becomes(tensor) || !fits) {
      throw new TrialException(
          "Cannot read column '"
              + column.name()
              + "' of data set '"
              + description
              + "' as "
              + (column.isSparse() ? "sparse " : "")
              + column.type().getSimpleName()
              + " of shape "
              + column.shape()
              + ": expected "
              + expected(column, tensor)
              + ", found "
              + type.simpleString()
              + advice(elements, tensor, fits));
    }
    ShardElements how =
        new ShardElements(elements, tensor, areNullable, column.padding(), column.defaultValue());
    return ShardColumn.of(column, ordinal, form, how, field.offset());
  }

  private static int depth(ArrayType array) {
    return array.elementType() instanceof ArrayType inner ? 1 + depth(inner) : 1;
  }

  private static ArrayType inner(ArrayType array) {
    return array.elementType() instanceof ArrayType inner ? inner(inner) : array;
  }

  private static boolean isScalar(Column column) {
    return column.shape().numDimensions() == 0;
  }

  private static String expected(Column column, ShardType tensor) {
    String number =
        switch (tensor) {
          case BOOL -> "boolean";
          case TEXT, BYTES -> "a string";
          case FLOAT32, FLOAT64 -> "a number";
          case INT8, UINT8, INT16, INT32, INT64 -> "an integer";
        };
    if (isScalar(column)) {
      return number;
    }
    String array = "an array of " + number.replaceFirst("^an? ", "");
    String plural = tensor == ShardType.BOOL ? array : array + "s";
    if (column.isSparse() || column.shape().hasUnknownDimension()) {
      int dimensions = column.shape().numDimensions();
      String vector = dimensions == 1 && tensor.isFraction() ? " or a vector" : "";
      return plural + (dimensions > 1 ? ", nested " + dimensions + " deep" : vector);
    }
    String binary = tensor == ShardType.UINT8 ? " or binary" : "";
    return plural + binary + " (" + column.elements() + " elements)";
  }

  private static String advice(@Nullable ShardType elements, ShardType tensor, boolean fits) {
    if (elements == null || !elements.becomes(tensor)) {
      return "; cast it in the source";
    }
    return fits ? "" : "; give feature() or label() the shape of one record";
  }

  private StructField source(String name) {
    for (StructField field : schema.fields()) {
      if (field.name().equals(name)) {
        return field;
      }
    }
    List<String> found = Arrays.asList(schema.fieldNames());
    throw new TrialException(
        "Cannot read column '"
            + name
            + "' of data set '"
            + description
            + "': expected it among the source's columns, found "
            + found
            + NearName.hint(name, found));
  }
}
