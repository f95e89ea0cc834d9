package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.data.Batch;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
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

class ShardEncoderTest {
  private static final AtomicLong READINGS = new AtomicLong();
  private static SparkSession spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("ShardEncoderTest")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "3")
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static Tensor tensor(Batch batch, String name) {
    return Objects.requireNonNull(batch.tensors().get(name));
  }

  /** What the driver and one slot after the other see of a data set. */
  private interface RowReader<T> {
    T read(Batch batch, int row);
  }

  /** Encodes, fetches and reads each record once: values by record number. */
  private <T> List<T> values(Dataset description, int slots, RowReader<T> reader) {
    TreeMap<Long, T> found = new TreeMap<>();
    try (ShardedData data = ShardEncoder.encode(spark, description, slots)) {
      assertThat(data.partitions() % slots).isZero();
      assertThat(data.logicalShards() % slots).isZero();
      ShardLocation location = ShardLocation.decode(data.location().encode());
      assertThat(location).isEqualTo(data.location());
      GlobalOrder order = new GlobalOrder(data.records(), data.logicalShards(), false, 0);
      for (int rank = 0; rank < slots; rank++) {
        long record = rank;
        try (RecordStore store =
                ShardFetcher.fetch(location, data.layout(), rank, slots, directory);
            SlotBatches batches =
                SlotBatches.validation(data.layout(), order, store, rank, slots, 3)) {
          while (batches.hasNext()) {
            Batch batch = batches.next();
            for (int row = 0; row < batch.examples(); row++, record += slots) {
              found.put(record, reader.read(batch, row));
            }
          }
        }
      }
      assertThat(found).hasSize((int) data.records());
    }
    return new ArrayList<>(found.values());
  }

  private static Dataset rows(StructType schema, Row... rows) {
    return Dataset.of("rows", session -> session.createDataFrame(List.of(rows), schema));
  }

  private void assertRefused(Dataset description, String message) {
    assertThatThrownBy(() -> ShardEncoder.encode(spark, description, 2))
        .isInstanceOf(TrialException.class)
        .hasMessage(message);
    assertThat(spark.sparkContext().getPersistentRDDs().isEmpty()).isTrue();
  }

  @Test
  void parquetRowsBecomeTensorsInTheSourcesOrder() {
    StructType schema =
        new StructType()
            .add("floats", DataTypes.createArrayType(DataTypes.FloatType))
            .add("bytes", DataTypes.BinaryType)
            .add("flag", DataTypes.BooleanType)
            .add("unused", DataTypes.StringType)
            .add("label.of it", DataTypes.LongType);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      rows.add(
          RowFactory.create(
              new Float[] {(float) i, i + 0.5f, -1f},
              new byte[] {(byte) i, 7},
              i % 3 == 0,
              "-",
              (long) i));
    }
    String path = directory.resolve("rows.parquet").toString();
    spark.createDataFrame(rows, schema).repartition(4).write().parquet(path);
    List<Row> stored = spark.read().parquet(path).collectAsList();
    Dataset description =
        Dataset.of(path, session -> session.read().parquet(path))
            .feature("floats", TFloat32.class, Shape.of(3))
            .feature("bytes", TUint8.class, Shape.of(1, 2))
            .feature("flag", TBool.class)
            .label("label.of it", TInt64.class);

    List<List<Object>> found =
        values(
            description,
            3,
            (batch, row) -> {
              TFloat32 floats = (TFloat32) tensor(batch, "floats");
              TUint8 bytes = (TUint8) tensor(batch, "bytes");
              return List.of(
                  floats.getFloat(row, 0),
                  floats.getFloat(row, 1),
                  floats.getFloat(row, 2),
                  bytes.getByte(row, 0, 0),
                  bytes.getByte(row, 0, 1),
                  ((TBool) tensor(batch, "flag")).getBoolean(row),
                  ((TInt64) tensor(batch, "label.of it")).getLong(row));
            });

    assertThat(found)
        .isEqualTo(
            stored.stream()
                .map(
                    row -> {
                      long i = row.getLong(4);
                      return List.<Object>of(
                          (float) i, i + 0.5f, -1f, (byte) i, (byte) 7, i % 3 == 0, i);
                    })
                .toList());
  }

  @Test
  void numbersOfOtherTypesAreConverted() {
    StructType schema =
        new StructType()
            .add("long", DataTypes.LongType)
            .add("double", DataTypes.DoubleType)
            .add("floats", DataTypes.createArrayType(DataTypes.FloatType, false))
            .add("ints", DataTypes.createArrayType(DataTypes.IntegerType, false))
            .add("shorts", DataTypes.createArrayType(DataTypes.ShortType, false));
    Dataset description =
        rows(
                schema,
                RowFactory.create(
                    5L, 0.1, new Float[] {1.5f, 2f}, new Integer[] {255, 0}, new Short[] {-3, 4}))
            .feature("long", TInt32.class)
            .feature("double", TFloat32.class, Shape.of(1))
            .feature("floats", TFloat64.class, Shape.of(2))
            .feature("ints", TUint8.class, Shape.of(2))
            .feature("shorts", TFloat32.class, Shape.of(2));

    assertThat(
            values(
                description,
                2,
                (batch, row) ->
                    List.<Object>of(
                        ((TInt32) tensor(batch, "long")).getInt(row),
                        ((TFloat32) tensor(batch, "double")).getFloat(row, 0),
                        ((TFloat64) tensor(batch, "floats")).getDouble(row, 0),
                        ((TUint8) tensor(batch, "ints")).getByte(row, 0),
                        ((TFloat32) tensor(batch, "shorts")).getFloat(row, 0))))
        .containsExactly(List.of(5, 0.1f, 1.5, (byte) 255, -3f));
  }

  @Test
  void textsAndBytesBecomeTexts() {
    StructType schema =
        new StructType()
            .add("word", DataTypes.StringType)
            .add("raw", DataTypes.BinaryType)
            .add("tags", DataTypes.createArrayType(DataTypes.StringType));
    Dataset description =
        rows(
                schema,
                RowFactory.create("größer", new byte[] {-1, 0, 65}, new String[] {"a", ""}),
                RowFactory.create("", new byte[0], new String[] {"12345", "äé"}),
                RowFactory.create("exactly9b", new byte[] {66}, new String[] {"x", "y"}))
            .feature("word", TString.class)
            .feature("raw", TString.class)
            .label("tags", TString.class, Shape.of(2));
    assertThat(
            values(
                description,
                2,
                (batch, row) -> {
                  TString tags = (TString) tensor(batch, "tags");
                  return ((TString) tensor(batch, "word")).getObject(row)
                      + List.of(tags.getObject(row, 0), tags.getObject(row, 1))
                      + java.util.Arrays.toString(
                          ((TString) tensor(batch, "raw")).asBytes().getObject(row));
                }))
        .containsExactly("größer[a, ][-1, 0, 65]", "[12345, äé][]", "exactly9b[x, y][66]");
  }

  @Test
  void textsAndNumbersAreNotMixed() {
    StructType schema = new StructType().add("word", DataTypes.StringType);
    assertRefused(
        rows(schema, RowFactory.create("7")).feature("word", TInt64.class),
        "Cannot read column 'word' of data set 'rows' as TInt64 of shape []: expected an integer,"
            + " found string; cast it in the source");
    assertRefused(
        rows(new StructType().add("n", DataTypes.LongType), RowFactory.create(7L))
            .feature("n", TString.class),
        "Cannot read column 'n' of data set 'rows' as TString of shape []: expected a string, found"
            + " bigint; cast it in the source");
  }

  @Test
  void rowsInMemoryBecomeTensorsInTheirOrder() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Map<String, Object> row = new TreeMap<>();
      row.put("x", new float[][] {{i, 0.1f}, {1, 2}});
      row.put("n", i % 2 == 0 ? (Object) i : (Object) (i + 0.5));
      row.put("list", List.of(i, 300L));
      row.put("flag", i % 3 == 0);
      row.put("word", "w" + i);
      row.put("raw", new byte[] {(byte) i, 1});
      row.put("unused", 1);
      rows.add(row);
    }
    Dataset description =
        Dataset.rows(rows)
            .feature("x", TFloat32.class, Shape.of(2, 2))
            .feature("n", TFloat64.class)
            .feature("list", TInt32.class, Shape.of(2))
            .feature("flag", TBool.class)
            .feature("word", TString.class)
            .feature("raw", TUint8.class, Shape.of(2));
    List<String> found =
        values(
            description,
            2,
            (batch, row) ->
                ((TFloat32) tensor(batch, "x")).getFloat(row, 0, 0)
                    + " "
                    + ((TFloat32) tensor(batch, "x")).getFloat(row, 0, 1)
                    + " "
                    + ((TFloat64) tensor(batch, "n")).getDouble(row)
                    + " "
                    + ((TInt32) tensor(batch, "list")).getInt(row, 0)
                    + " "
                    + ((TBool) tensor(batch, "flag")).getBoolean(row)
                    + " "
                    + ((TString) tensor(batch, "word")).getObject(row)
                    + " "
                    + ((TUint8) tensor(batch, "raw")).getByte(row, 0));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      double n = i % 2 == 0 ? i : i + 0.5;
      expected.add(
          (float) i + " 0.1 " + n + " " + i + " " + (i % 3 == 0) + " w" + i + " " + (byte) i);
    }
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void csvRowsBecomeTensors() throws IOException {
    Path file = directory.resolve("rows.csv");
    Files.writeString(file, "a,b,label\n1,0.5,0\n2,1.5,1\n3,2.5,0\n4,3.5,1\n5,4.5,0\n");
    Dataset description =
        Dataset.csv(file.toString())
            .feature("a", TFloat32.class)
            .feature("b", TFloat32.class)
            .label("label", TInt64.class);

    assertThat(
            values(
                description,
                2,
                (batch, row) ->
                    ((TFloat32) tensor(batch, "a")).getFloat(row)
                        + ((TFloat32) tensor(batch, "b")).getFloat(row)
                        + 100 * ((TInt64) tensor(batch, "label")).getLong(row)))
        .containsExactly(1.5f, 103.5f, 5.5f, 107.5f, 9.5f);
  }

  @Test
  void idxFilesBecomeTensorsAlsoCompressed() throws IOException {
    byte[] pixels = new byte[7 * 4];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (200 + i);
    }
    byte[] digits = {3, 1, 4, 1, 5, 9, 2};
    for (boolean gzip : List.of(false, true)) {
      Dataset description =
          Dataset.idx(idx(gzip, pixels, 7, 2, 2), idx(gzip, digits, 7))
              .feature("image", TUint8.class, Shape.of(2, 2))
              .label("digit", TInt64.class);

      assertThat(
              values(
                  description,
                  3,
                  (batch, row) ->
                      List.of(
                          ((TUint8) tensor(batch, "image")).getByte(row, 1, 1),
                          ((TInt64) tensor(batch, "digit")).getLong(row))))
          .isEqualTo(
              IntStream.range(0, 7)
                  .mapToObj(i -> List.of(pixels[i * 4 + 3], (long) digits[i]))
                  .toList());
    }
  }

  private String idx(boolean gzip, byte[] content, int... shape) throws IOException {
    Path file = directory.resolve("idx" + shape.length + (gzip ? ".gz" : ""));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x0800 | shape.length);
    for (int size : shape) {
      out.writeInt(size);
    }
    out.write(content);
    try (OutputStream stream =
        gzip ? new GZIPOutputStream(Files.newOutputStream(file)) : Files.newOutputStream(file)) {
      bytes.writeTo(stream);
    }
    return file.toString();
  }

  @Test
  void manyPartitionsAndChunksKeepTheOrder() {
    int elements = 3_000;
    Dataset description =
        Dataset.of(
                "range",
                session ->
                    session
                        .range(0, 3_000, 1, 5)
                        .selectExpr("id", "array_repeat(float(id), " + elements + ") AS x"))
            .feature("x", TFloat32.class, Shape.of(elements))
            .label("id", TInt64.class);
    try (ShardedData data = ShardEncoder.encode(spark, description, 1)) {
      assertThat(data.partitions()).isEqualTo(2);
    }

    List<Float> found =
        values(
            description,
            1,
            (batch, row) -> {
              float value = ((TFloat32) tensor(batch, "x")).getFloat(row, elements - 1);
              assertThat(((TInt64) tensor(batch, "id")).getLong(row)).isEqualTo((long) value);
              return value;
            });

    assertThat(found).hasSize(3_000).isSorted();
  }

  @Test
  void emptySourceHasNoRecords() {
    Dataset description =
        rows(new StructType().add("x", DataTypes.FloatType)).feature("x", TFloat32.class);
    try (ShardedData data = ShardEncoder.encode(spark, description, 2)) {
      assertThat(data.records()).isZero();
      assertThat(data.partitions()).isEqualTo(2);
    }
  }

  @Test
  void missingColumnListsTheColumnsAndTheNearNames() {
    StructType schema =
        new StructType().add("image", DataTypes.BinaryType).add("digit", DataTypes.LongType);

    assertRefused(
        rows(schema).feature("imgae", TUint8.class, Shape.of(4)),
        "Cannot read column 'imgae' of data set 'rows': expected it among the source's columns,"
            + " found [image, digit]; did you mean image?");
    assertRefused(
        rows(schema).label("label", TInt64.class),
        "Cannot read column 'label' of data set 'rows': expected it among the source's columns,"
            + " found [image, digit]");
  }

  @Test
  void columnOfAnotherTypeOrShapeSaysExpectedAndFound() {
    StructType schema =
        new StructType()
            .add("text", DataTypes.StringType)
            .add("floats", DataTypes.createArrayType(DataTypes.FloatType))
            .add("double", DataTypes.DoubleType)
            .add("bytes", DataTypes.BinaryType)
            .add("flag", DataTypes.BooleanType);

    assertRefused(
        rows(schema).feature("text", TFloat32.class),
        "Cannot read column 'text' of data set 'rows' as TFloat32 of shape []: expected a number,"
            + " found string; cast it in the source");
    assertRefused(
        rows(schema).feature("floats", TUint8.class, Shape.of(2)),
        "Cannot read column 'floats' of data set 'rows' as TUint8 of shape [2]: expected an array"
            + " of integers or binary (2 elements), found array<float>; cast it in the source");
    assertRefused(
        rows(schema).feature("double", TInt64.class),
        "Cannot read column 'double' of data set 'rows' as TInt64 of shape []: expected an"
            + " integer, found double; cast it in the source");
    assertRefused(
        rows(schema).feature("floats", TFloat32.class),
        "Cannot read column 'floats' of data set 'rows' as TFloat32 of shape []: expected a"
            + " number, found array<float>; give feature() or label() the shape of one record");
    assertRefused(
        rows(schema).feature("bytes", TFloat32.class, Shape.of(2)),
        "Cannot read column 'bytes' of data set 'rows' as TFloat32 of shape [2]: expected an array"
            + " of numbers (2 elements), found binary; cast it in the source");
    assertRefused(
        rows(schema).feature("flag", TInt32.class),
        "Cannot read column 'flag' of data set 'rows' as TInt32 of shape []: expected an integer,"
            + " found boolean; cast it in the source");
  }

  @Test
  void badValueNamesColumnAndRecord() {
    StructType schema =
        new StructType()
            .add("x", DataTypes.createArrayType(DataTypes.FloatType))
            .add("y", DataTypes.LongType);
    Row good = RowFactory.create(new Float[] {1f, 2f}, 1L);
    assertRefused(
        rows(schema, good, good, RowFactory.create(null, 1L))
            .feature("x", TFloat32.class, Shape.of(2)),
        "Cannot encode record 2 of data set 'rows': column 'x' is null; fill or drop nulls in the"
            + " source, or give defaultValue()");
    assertRefused(
        rows(schema, good, RowFactory.create(new Float[] {1f, null}, 1L))
            .feature("x", TFloat32.class, Shape.of(2)),
        "Cannot encode record 1 of data set 'rows': column 'x' has null as element 1");
    assertRefused(
        rows(schema, good, RowFactory.create(new Float[] {1f, 2f, 3f}, 1L))
            .feature("x", TFloat32.class, Shape.of(2)),
        "Cannot encode record 1 of data set 'rows': column 'x' has 3 elements, expected 2");
    assertRefused(
        rows(schema, good, good, good, RowFactory.create(new Float[] {1f, 2f}, 256L))
            .label("y", TUint8.class),
        "Cannot encode record 3 of data set 'rows': column 'y' is 256, which does not fit uint8");
  }

  @Test
  void failingSourceIsTheTrialsFault() {
    String nowhere = directory.resolve("nowhere").toString();

    assertThatThrownBy(
            () -> ShardEncoder.encode(spark, Dataset.csv(nowhere).feature("x", TFloat32.class), 2))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot read data set '" + nowhere + "': ")
        .hasMessageContaining("Path does not exist");
    assertThatThrownBy(
            () ->
                ShardEncoder.encode(
                    spark,
                    Dataset.of(
                            "failing",
                            s ->
                                s.range(5)
                                    .selectExpr(
                                        "if(id < 3, id, cast(raise_error('no such row') AS bigint)) AS x"))
                        .feature("x", TFloat32.class),
                    2))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot read data set 'failing': ")
        .hasMessageContaining("no such row");
  }

  @Test
  void sourceThatChangesBetweenTheReadingsIsAnError() {
    for (int change : List.of(-1, 1)) {
      READINGS.set(0);
      Dataset description =
          Dataset.of(
                  "moving",
                  session -> {
                    var rdd =
                        new org.apache.spark.api.java.JavaSparkContext(session.sparkContext())
                            .parallelize(List.of(0), 1)
                            .flatMap(
                                start -> {
                                  int count = READINGS.getAndIncrement() == 0 ? 10 : 10 + change;
                                  List<Row> rows = new ArrayList<>();
                                  for (int i = 0; i < count; i++) {
                                    rows.add(RowFactory.create((long) i));
                                  }
                                  return rows.iterator();
                                });
                    return session.createDataFrame(
                        rdd, new StructType().add("x", DataTypes.LongType));
                  })
              .feature("x", TInt64.class);

      assertRefused(
          description,
          "Cannot encode data set 'moving': expected the same rows in the same order at each"
              + " reading, found that "
              + (change < 0
                  ? "record 9 is missing at the second reading"
                  : "after record 9 the second reading finds more")
              + "; its source is not deterministic: sort its rows, or write them to files first");
    }
  }

  @Test
  void lostPartitionIsSaidAndCanBeEncodedAgain() {
    Dataset description =
        Dataset.of("range", session -> session.range(0, 10, 1, 2).toDF())
            .feature("id", TInt64.class);
    try (ShardedData data = ShardEncoder.encode(spark, description, 2)) {
      org.apache.spark.SparkEnv.get()
          .blockManager()
          .removeBlock(new org.apache.spark.storage.RDDBlockId(data.rddId(), 1), true);

      assertThatThrownBy(() -> ShardFetcher.fetch(data.location(), data.layout(), 1, 2, directory))
          .isInstanceOf(ShardMissingException.class)
          .hasMessage(
              "Cannot read encoded data: expected partition 1 of RDD "
                  + data.rddId()
                  + " on an executor, found it on none");

      data.materializeAgain(false);
      ShardFetcher.fetch(data.location(), data.layout(), 1, 2, directory).close();
      assertThat(directory).isEmptyDirectory();
    }
  }

  /** 40 numbers in 4 partitions, of which the 31st is null. */
  private static Dataset numbers() {
    return Dataset.of(
            "numbers",
            session ->
                session
                    .range(0, 40, 1, 4)
                    .selectExpr("if(id = 31, null, cast(id as float)) as x", "id as y"))
        .feature("y", TInt64.class);
  }

  private List<Long> selected(Dataset dataset, int slots) {
    return values(dataset, slots, (batch, row) -> ((TInt64) tensor(batch, "y")).getLong(row));
  }

  @Test
  void onlySelectedRecordsAreEncoded() {
    for (int slots : List.of(1, 3)) {
      assertThat(selected(numbers().skip(8).take(15), slots))
          .containsExactlyElementsOf(LongStream.range(8, 23).boxed().toList());
      assertThat(selected(numbers().take(12).skip(10), slots)).containsExactly(10L, 11L);
      assertThat(selected(numbers().skip(37), slots)).containsExactly(37L, 38L, 39L);
      assertThat(selected(numbers().take(100), slots)).hasSize(40);
    }
    assertThat(selected(numbers().label("x", TFloat32.class).take(31), 2)).hasSize(31);
    assertThat(selected(numbers().label("x", TFloat32.class).skip(32), 2)).hasSize(8);
  }

  @Test
  void faultOfASelectedRecordHasItsNumberInTheSource() {
    assertRefused(
        numbers().label("x", TFloat32.class).skip(12),
        "Cannot encode record 31 of data set 'numbers': column 'x' is null; fill or drop nulls in"
            + " the source, or give defaultValue()");
    assertRefused(
        numbers().skip(40),
        "Cannot read data set 'numbers': skip(40) leaves none of its 40 records; skip fewer");
  }

  @Test
  void zippedSourcesAreJoinedByTheNumbersOfTheirRowsUpToTheShorter() {
    Dataset tens =
        Dataset.of("tens", session -> session.range(0, 350, 1, 5).selectExpr("10 * id as z", "id"))
            .label("z", TInt64.class);
    Dataset zipped =
        Dataset.of("ids", session -> session.range(0, 400, 1, 3).selectExpr("id as `a.b`", "id"))
            .feature("a.b", TInt64.class)
            .zip(tens);

    List<List<Long>> found =
        values(
            zipped,
            2,
            (batch, row) ->
                List.of(
                    ((TInt64) tensor(batch, "a.b")).getLong(row),
                    ((TInt64) tensor(batch, "z")).getLong(row)));

    assertThat(found)
        .isEqualTo(LongStream.range(0, 350).mapToObj(i -> List.of(i, 10 * i)).toList());
    assertThat(selected(numbers(), 1)).hasSize(40);
  }
}
