package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.data.Batch;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.ml.linalg.VectorUDT;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;

/** Every type and shape from Parquet that Spark wrote to tensors, bit by bit. */
class ColumnRoundTripTest {
  /** Spark makes all not-a-numbers one; both zeros, the smallest and the largest. */
  private static final float[] FLOATS = {
    Float.NaN, -0f, 0f, Float.MIN_VALUE, Float.MAX_VALUE, -1.5f, Float.NEGATIVE_INFINITY
  };

  private static final double[] DOUBLES = {
    Double.NaN, -0.0, Double.MIN_VALUE, Double.MAX_VALUE, 1e-320
  };

  private static final long[] LONGS = {Long.MIN_VALUE, Long.MAX_VALUE, -1, 0, 1L << 53};
  private static SparkSession spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("ColumnRoundTripTest")
            .config("spark.ui.enabled", "false")
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static StructType schema(DataType... types) {
    StructType schema = new StructType();
    for (int i = 0; i < types.length; i++) {
      schema = schema.add("c" + i, types[i]);
    }
    return schema;
  }

  /** The rows through a Parquet file. */
  private Dataset parquet(StructType schema, Row... rows) {
    String path = directory.resolve("p" + System.nanoTime()).toString();
    spark.createDataFrame(List.of(rows), schema).coalesce(1).write().parquet(path);
    return Dataset.of("rows", session -> session.read().parquet(path));
  }

  /** All of a slot's batches of two records, as bytes or texts by tensor, for 1 and 3 slots. */
  private Found read(Dataset dataset) {
    return new Found(read(dataset, 1), read(dataset, 3));
  }

  /** The batches of one slot, and those of three. */
  private record Found(List<Map<String, Object>> one, List<Map<String, Object>> three) {}

  private List<Map<String, Object>> read(Dataset dataset, int slots) {
    List<Map<String, Object>> batches = new ArrayList<>();
    try (ShardedData data = ShardEncoder.encode(spark, dataset, slots)) {
      GlobalOrder order = new GlobalOrder(data.records(), data.logicalShards(), false, 0);
      for (int rank = 0; rank < slots; rank++) {
        try (RecordStore store =
                ShardFetcher.fetch(data.location(), data.layout(), rank, slots, directory);
            SlotBatches slot =
                SlotBatches.validation(data.layout(), order, store, rank, slots, 2)) {
          while (slot.hasNext()) {
            batches.add(values(slot.next()));
          }
        }
      }
    }
    return batches;
  }

  private static Map<String, Object> values(Batch batch) {
    Map<String, Object> values = new TreeMap<>();
    values.put("examples", batch.examples());
    batch.tensors().forEach((name, tensor) -> values.put(name, value(tensor)));
    return values;
  }

  private static Object value(Tensor tensor) {
    List<Object> value = new ArrayList<>();
    value.add(tensor.shape().toString());
    if (tensor instanceof TString texts) {
      texts.asBytes().scalars().forEach(text -> value.add(hex(text.getObject())));
    } else {
      byte[] bytes = new byte[(int) tensor.numBytes()];
      if (bytes.length > 0) {
        tensor.asRawTensor().data().read(bytes, 0, bytes.length);
      }
      value.add(hex(bytes));
    }
    return value;
  }

  private static String hex(byte[] bytes) {
    return java.util.HexFormat.of().formatHex(bytes);
  }

  private static Object tensor(Tensor tensor) {
    try (tensor) {
      return value(tensor);
    }
  }

  private static Map<String, Object> batch(Map<String, Object> tensors) {
    Map<String, Object> values = new TreeMap<>(tensors);
    values.put("examples", 2);
    return values;
  }

  @Test
  void fixedShapesOfEveryType() {
    StructType schema =
        schema(
            DataTypes.createArrayType(DataTypes.FloatType),
            DataTypes.createArrayType(DataTypes.DoubleType),
            DataTypes.createArrayType(DataTypes.LongType),
            DataTypes.createArrayType(DataTypes.IntegerType),
            DataTypes.BinaryType,
            DataTypes.createArrayType(DataTypes.BooleanType),
            DataTypes.FloatType,
            DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.ShortType)),
            new VectorUDT());
    Row row =
        RowFactory.create(
            boxed(FLOATS),
            Arrays.stream(DOUBLES).boxed().toArray(),
            Arrays.stream(LONGS).boxed().toArray(),
            new Integer[] {Integer.MIN_VALUE, 7},
            new byte[] {-1, 0, 1},
            new Boolean[] {true, false},
            FLOATS[0],
            new Short[][] {{1, 2}, {3, -4}},
            Vectors.sparse(3, new int[] {1}, new double[] {-0.0}));
    Dataset dataset =
        parquet(schema, row, row)
            .feature("c0", TFloat32.class, Shape.of(7))
            .feature("c1", TFloat64.class, Shape.of(5))
            .feature("c2", TInt64.class, Shape.of(5))
            .feature("c3", TInt32.class, Shape.of(2))
            .feature("c4", TUint8.class, Shape.of(3))
            .feature("c5", TBool.class, Shape.of(2))
            .feature("c6", TFloat32.class)
            .feature("c7", TInt64.class, Shape.of(2, 2))
            .label("c8", TFloat64.class, Shape.of(3));

    Map<String, Object> first = read(dataset).one().get(0);

    assertThat(first)
        .containsEntry("c0", tensor(twice(FLOATS)))
        .containsEntry("c6", tensor(TFloat32.vectorOf(FLOATS[0], FLOATS[0])))
        .containsEntry(
            "c8",
            tensor(
                TFloat64.tensorOf(
                    Shape.of(2, 3),
                    org.tensorflow.ndarray.buffer.DataBuffers.of(0.0, -0.0, 0.0, 0.0, -0.0, 0.0))));
    assertThat(String.valueOf(first.get("c1"))).contains(hexOf(DOUBLES).repeat(2));
    assertThat(String.valueOf(first.get("c2"))).contains(hexOf(LONGS).repeat(2));
    assertThat(String.valueOf(first.get("c3"))).contains("0000008007000000".repeat(2));
    assertThat(String.valueOf(first.get("c4"))).contains("ff0001".repeat(2));
    assertThat(String.valueOf(first.get("c5"))).contains("0100".repeat(2));
    assertThat(String.valueOf(first.get("c7")))
        .contains(hexOf(new long[] {1, 2, 3, -4}).repeat(2))
        .contains("[2, 2, 2]");
  }

  private static Float[] boxed(float[] values) {
    Float[] boxed = new Float[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }

  private static TFloat32 twice(float[] values) {
    float[] both = Arrays.copyOf(values, 2 * values.length);
    System.arraycopy(values, 0, both, values.length, values.length);
    return TFloat32.tensorOf(
        Shape.of(2, values.length), org.tensorflow.ndarray.buffer.DataBuffers.of(both));
  }

  private static String hexOf(double[] values) {
    return hexOf(Arrays.stream(values).mapToLong(Double::doubleToRawLongBits).toArray());
  }

  private static String hexOf(long[] values) {
    java.nio.ByteBuffer buffer =
        java.nio.ByteBuffer.allocate(8 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      buffer.putLong(value);
    }
    return hex(buffer.array());
  }

  @Test
  void variableShapesArePaddedToTheLongestOfTheBatch() {
    StructType schema =
        schema(
            DataTypes.createArrayType(DataTypes.LongType),
            DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.FloatType)),
            DataTypes.createArrayType(DataTypes.StringType),
            DataTypes.StringType,
            new VectorUDT());
    String large = "ä".repeat(400_000);
    Dataset dataset =
        parquet(
                schema,
                RowFactory.create(
                    new Long[] {1L, 2L, 3L},
                    new Float[][] {{1f}, {2f, 3f}},
                    new String[] {"a", "ß"},
                    large,
                    Vectors.dense(0.5, 0)),
                RowFactory.create(
                    new Long[0],
                    new Float[][] {{-0f, 5f, 6f}},
                    new String[] {},
                    "",
                    Vectors.sparse(3, new int[] {2}, new double[] {4})))
            .feature("c0", TInt64.class, Shape.of(-1))
            .padding("c0", -1)
            .feature("c1", TFloat32.class, Shape.of(-1, -1))
            .padding("c1", 9)
            .feature("c2", TString.class, Shape.of(-1))
            .padding("c2", "pad")
            .feature("c3", TString.class)
            .label("c4", TFloat32.class, Shape.of(-1));

    Found found = read(dataset);

    assertThat(found.one())
        .containsExactly(
            batch(
                Map.of(
                    "c0",
                    List.of("[2, 3]", hexOf(new long[] {1, 2, 3, -1, -1, -1})),
                    "c1",
                    tensor(
                        TFloat32.tensorOf(
                            Shape.of(2, 2, 3),
                            org.tensorflow.ndarray.buffer.DataBuffers.of(
                                1f, 9f, 9f, 2f, 3f, 9f, -0f, 5f, 6f, 9f, 9f, 9f))),
                    "c2",
                    List.of("[2, 2]", text("a"), text("ß"), text("pad"), text("pad")),
                    "c3",
                    List.of("[2]", text(large), ""),
                    "c4",
                    tensor(
                        TFloat32.tensorOf(
                            Shape.of(2, 3),
                            org.tensorflow.ndarray.buffer.DataBuffers.of(
                                0.5f, 0f, 0f, 0f, 0f, 4f))))));
    assertThat(found.three().get(0))
        .containsEntry("examples", 1)
        .containsEntry("c0", List.of("[1, 3]", hexOf(new long[] {1, 2, 3})));
    assertThat(found.three().get(1)).containsEntry("c0", List.of("[1, 0]", ""));
    assertThat(found.three().get(2))
        .as("a slot without records feeds one that stands in")
        .containsEntry("examples", 0)
        .containsEntry("c0", List.of("[1, 1]", hexOf(new long[] {0})))
        .containsEntry("c3", List.of("[1]", ""));
  }

  private static String text(String text) {
    return hex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void sparseColumnsAreTheirEntries() {
    StructType schema =
        schema(
            new VectorUDT(),
            DataTypes.createArrayType(DataTypes.StringType),
            DataTypes.createArrayType(DataTypes.IntegerType));
    Dataset dataset =
        parquet(
                schema,
                RowFactory.create(
                    Vectors.sparse(10, new int[] {3, 7}, new double[] {1.5, 0}),
                    new String[] {"x", "y"},
                    new Integer[] {4, 0}),
                RowFactory.create(
                    Vectors.dense(0, 2, 0, 0, 0, 0, 0, 0, 0, -3), new String[0], new Integer[] {5}))
            .sparseFeature("c0", TFloat32.class, Shape.of(10))
            .sparseFeature("c1", TString.class, Shape.of(-1))
            .sparseFeature("c2", TInt64.class, Shape.of(-1))
            .label("c2b", TInt64.class);
    Dataset twice =
        Dataset.of(
                "rows",
                session ->
                    dataset.source().rows(session).selectExpr("*", "cast(c2[0] AS bigint) AS c2b"))
            .sparseFeature("c0", TFloat32.class, Shape.of(10))
            .sparseFeature("c1", TString.class, Shape.of(-1))
            .sparseFeature("c2", TInt64.class, Shape.of(-1))
            .label("c2b", TInt64.class);

    assertThat(read(twice).one())
        .containsExactly(
            batch(
                Map.of(
                    "c0/indices",
                    List.of("[4, 2]", hexOf(new long[] {0, 3, 0, 7, 1, 1, 1, 9})),
                    "c0/values",
                    tensor(TFloat32.vectorOf(1.5f, 0f, 2f, -3f)),
                    "c0/shape",
                    List.of("[2]", hexOf(new long[] {2, 10})),
                    "c1/indices",
                    List.of("[2, 2]", hexOf(new long[] {0, 0, 0, 1})),
                    "c1/values",
                    List.of("[2]", text("x"), text("y")),
                    "c1/shape",
                    List.of("[2]", hexOf(new long[] {2, 2})),
                    "c2/indices",
                    List.of("[3, 2]", hexOf(new long[] {0, 0, 0, 1, 1, 0})),
                    "c2/values",
                    List.of("[3]", hexOf(new long[] {4, 0, 5})),
                    "c2/shape",
                    List.of("[2]", hexOf(new long[] {2, 2})),
                    "c2b",
                    List.of("[2]", hexOf(new long[] {4, 5})))));
  }

  @Test
  void nullsAreTheDefaultThatWasGiven() {
    StructType schema =
        schema(
            DataTypes.FloatType,
            DataTypes.createArrayType(DataTypes.LongType),
            DataTypes.createArrayType(DataTypes.LongType),
            DataTypes.StringType,
            DataTypes.BooleanType);
    Dataset rows =
        parquet(
            schema,
            RowFactory.create(null, new Long[] {1L, null}, null, null, null),
            RowFactory.create(2f, null, new Long[] {null, 8L}, "b", false));
    Dataset dataset =
        rows.feature("c0", TFloat32.class)
            .defaultValue("c0", 0.5)
            .feature("c1", TInt64.class, Shape.of(2))
            .defaultValue("c1", 7)
            .feature("c2", TInt64.class, Shape.of(-1))
            .defaultValue("c2", 6L)
            .feature("c3", TString.class)
            .defaultValue("c3", "?")
            .label("c4", TBool.class)
            .defaultValue("c4", true);

    assertThat(read(dataset).one())
        .containsExactly(
            batch(
                Map.of(
                    "c0",
                    tensor(TFloat32.vectorOf(0.5f, 2f)),
                    "c1",
                    List.of("[2, 2]", hexOf(new long[] {1, 7, 7, 7})),
                    "c2",
                    List.of("[2, 2]", hexOf(new long[] {0, 0, 6, 8})),
                    "c3",
                    List.of("[2]", text("?"), text("b")),
                    "c4",
                    List.of("[2]", "0100"))));

    assertThatThrownBy(
            () -> ShardEncoder.encode(spark, rows.feature("c2", TInt64.class, Shape.of(-1)), 1))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot encode record 0 of data set 'rows': column 'c2' is null; fill or drop nulls in"
                + " the source, or give defaultValue()");
  }

  @Test
  void shapeThatDiffersInOneRecordNamesColumnAndRecord() {
    StructType schema =
        schema(
            DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.FloatType)),
            new VectorUDT());
    Dataset rows =
        parquet(
            schema,
            RowFactory.create(new Float[][] {{1f, 2f}}, Vectors.dense(1, 2)),
            RowFactory.create(new Float[][] {{1f, 2f}, {3f}}, Vectors.dense(1, 2, 3)));
    Map<String, Dataset> refused =
        Map.of(
            "column 'c0' has 1 elements in dimension 1, expected 2",
            rows.feature("c0", TFloat32.class, Shape.of(-1, 2)),
            "column 'c1' has 3 elements, expected 2",
            rows.sparseFeature("c1", TFloat32.class, Shape.of(2)),
            "column 'c0' has 2 elements in dimension 0, expected 1",
            rows.feature("c0", TFloat32.class, Shape.of(1, 2)));
    refused.forEach(
        (fault, dataset) ->
            assertThatThrownBy(() -> ShardEncoder.encode(spark, dataset, 1))
                .isInstanceOf(TrialException.class)
                .hasMessage("Cannot encode record 1 of data set 'rows': " + fault));
  }

  @Test
  void columnsThatCannotBecomeTheirTensorsSayWhatIsExpected() {
    Dataset rows =
        parquet(
            schema(DataTypes.createArrayType(DataTypes.FloatType), DataTypes.StringType),
            RowFactory.create(new Float[] {1f}, "a"));
    Map<String, Dataset> refused =
        Map.of(
            "'c0' of data set 'rows' as TFloat32 of shape [-1, -1]: expected an array of numbers,"
                + " nested 2 deep, found array<float>",
            rows.feature("c0", TFloat32.class, Shape.of(-1, -1)),
            "'c1' of data set 'rows' as sparse TFloat32 of shape [-1]: expected an array of numbers"
                + " or a vector, found string; cast it in the source",
            rows.sparseFeature("c1", TFloat32.class, Shape.of(-1)));
    refused.forEach(
        (fault, dataset) ->
            assertThatThrownBy(() -> ShardEncoder.encode(spark, dataset, 1))
                .hasMessageStartingWith("Cannot read column " + fault));
  }
}
