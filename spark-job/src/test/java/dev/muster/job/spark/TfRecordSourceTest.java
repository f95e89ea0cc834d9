package dev.muster.job.spark;

import static dev.muster.job.spark.EncodedRecords.tensor;
import static dev.muster.job.spark.TfRecordFiles.byteStrings;
import static dev.muster.job.spark.TfRecordFiles.example;
import static dev.muster.job.spark.TfRecordFiles.feature;
import static dev.muster.job.spark.TfRecordFiles.field;
import static dev.muster.job.spark.TfRecordFiles.floats;
import static dev.muster.job.spark.TfRecordFiles.framed;
import static dev.muster.job.spark.TfRecordFiles.gzip;
import static dev.muster.job.spark.TfRecordFiles.joined;
import static dev.muster.job.spark.TfRecordFiles.longs;
import static dev.muster.job.spark.TfRecordFiles.unpackedFloats;
import static dev.muster.job.spark.TfRecordFiles.unpackedLongs;
import static dev.muster.job.spark.TfRecordFiles.varint;
import static dev.muster.job.spark.TfRecordFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.data.Dataset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;

class TfRecordSourceTest {
  /**
   * Three Examples from Python's TensorFlow 2.18.1 ({@code tf.io.TFRecordWriter}, {@code
   * SerializeToString(deterministic=True)}): the int64 id i, the floats i + 0.5 and -0.0, the bytes
   * of "größe" with 0xff and i after it.
   */
  private static final String PYTHON =
      "OQAAAAAAAACLBzfxCjcKCwoCaWQSBRoDCgEAChUKBG5hbWUSDQoLCglncsO2w59l/wAKEQoBeBIMEgoKCAAAAD8AAACA"
          + "Ia7HOTkAAAAAAAAAiwc38Qo3CgsKAmlkEgUaAwoBAQoVCgRuYW1lEg0KCwoJZ3LDtsOfZf8BChEKAXgSDBIKCggA"
          + "AMA/AAAAgDmY6pk5AAAAAAAAAIsHN/EKNwoLCgJpZBIFGgMKAQIKFQoEbmFtZRINCgsKCWdyw7bDn2X/AgoRCgF4"
          + "EgwSCgoIAAAgQAAAAIBntXXz";

  private static final String PYTHON_GZIP =
      "H4sIAAAAAAAAA7NkgIBudvOPXOZc3FxMmSlCrFLMXIwMXKJcLHmJualCvEBhzvSiw9sOz0/9z8AlyMVYIcQjxMXFAdRn"
          + "D8QNiuuOW1riNIgRu0GMKAYdABtkOePVTNwGMWE3iAnFIAUHkEHpW0s/AwAcTH402wAAAA==";

  /** The frame's bytes around an Example. */
  private static final int HEADER = 12;

  private static final int FOOTER = 4;

  private static SparkSession spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark = EncodedRecords.session("TfRecordSourceTest");
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private String file(String name, byte[]... content) throws IOException {
    return write(directory.resolve("data").resolve(name), content);
  }

  private <T> List<T> values(Dataset description, EncodedRecords.Reader<T> reader) {
    return EncodedRecords.values(spark, description, directory, reader);
  }

  private List<Long> ids(String path) {
    return values(
        Dataset.tfRecord(path).feature("id", TInt64.class),
        (batch, row) -> tensor(batch, "id", TInt64.class).getLong(row));
  }

  private static byte[] id(long id) {
    return example(feature("id", longs(id)));
  }

  private static byte[][] ids(int from, int to) {
    return LongStream.range(from, to).mapToObj(TfRecordSourceTest::id).toArray(byte[][]::new);
  }

  private static void assertRefused(String path, String... parts) {
    EncodedRecords.assertRefused(spark, Dataset.tfRecord(path).feature("id", TInt64.class), parts);
  }

  @Test
  void filesOfPythonsTensorFlowBecomeTensors() throws IOException {
    for (String content : List.of(PYTHON, PYTHON_GZIP)) {
      String path = file("python", Base64.getDecoder().decode(content));
      Dataset examples =
          Dataset.tfRecord(path)
              .feature("x", TFloat32.class, Shape.of(2))
              .feature("name", TString.class)
              .label("id", TInt64.class);
      assertThat(
              values(
                  examples,
                  (batch, row) ->
                      tensor(batch, "id", TInt64.class).getLong(row)
                          + " "
                          + tensor(batch, "x", TFloat32.class).getFloat(row, 0)
                          + " "
                          + tensor(batch, "x", TFloat32.class).getFloat(row, 1)
                          + " "
                          + new String(
                              tensor(batch, "name", TString.class).asBytes().getObject(row),
                              StandardCharsets.ISO_8859_1)))
          .containsExactly(
              "0 0.5 -0.0 " + latin("größe") + "\u00ff\u0000",
              "1 1.5 -0.0 " + latin("größe") + "\u00ff\u0001",
              "2 2.5 -0.0 " + latin("größe") + "\u00ff\u0002");
    }
  }

  private static String latin(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  @Test
  void ourWriterWritesWhatPythonDoes() {
    byte[][] examples = new byte[3][];
    for (int i = 0; i < 3; i++) {
      byte[] name = joined("größe".getBytes(StandardCharsets.UTF_8), new byte[] {-1, (byte) i});
      examples[i] =
          example(
              feature("id", longs(i)),
              feature("name", byteStrings(name)),
              feature("x", floats(i + 0.5f, -0.0f)));
    }
    assertThat(Base64.getEncoder().encodeToString(framed(examples))).isEqualTo(PYTHON);
  }

  @Test
  void recordsStandInTheFilesOrderByPath() throws IOException {
    file("b/part-1", framed(ids(5, 7)));
    file("a", framed(ids(0, 2)));
    file("b/part-0.gz", gzip(framed(ids(2, 5))));
    file("b/empty");
    file("c-empty.gz", gzip(new byte[0]));
    file("d", framed(ids(7, 250)));
    file("_SUCCESS", new byte[] {1, 2});
    file("b/.part-1.crc.other", new byte[] {1, 2});
    file("_temporary/x", new byte[] {1, 2});
    String all = directory.resolve("data").toUri().toString();
    assertThat(ids(all)).isEqualTo(LongStream.range(0, 250).boxed().toList());
    assertThat(ids(all + "/b/part-*")).containsExactly(2L, 3L, 4L, 5L, 6L);
    assertThat(ids(all + "/{d,a}")).hasSize(245).startsWith(0L, 1L, 7L);
    assertThat(Dataset.tfRecord(all).source().rows(spark).javaRDD().getNumPartitions())
        .isEqualTo(6);
    assertThat(ids(file("_named", framed(ids(0, 1))))).containsExactly(0L);
  }

  @Test
  void columnsAreTheFeaturesOfTheFirstRecordsThatHaveAny() throws IOException {
    byte[][] records = ids(0, 102);
    records[1] = example(feature("id", new byte[0]), feature("x", new byte[0]));
    records[99] = example(feature("x", floats()), feature("id", longs(99)));
    records[100] = example(feature("late", longs(1)), feature("id", longs(100)));
    file("0", new byte[0]);
    file("1", framed(records));
    Dataset all = Dataset.tfRecord(directory.resolve("data").toString());
    org.apache.spark.sql.Dataset<Row> rows = all.source().rows(spark);
    assertThat(rows.schema().simpleString()).isEqualTo("struct<id:array<bigint>,x:array<float>>");
    List<Row> found = rows.collectAsList();
    assertThat(found).hasSize(102);
    assertThat(found.get(0).isNullAt(1)).isTrue();
    assertThat(found.get(1).isNullAt(0)).as("a feature without a list").isTrue();
    assertThat(found.get(99).getList(1)).as("an empty list").isEmpty();
    EncodedRecords.assertRefused(
        spark,
        all.feature("id", TInt64.class),
        "Cannot encode record 1 of data set",
        "column 'id' is null; fill or drop nulls in the source");
  }

  @Test
  void listsMayBePackedOrNotInPartsAndAmongUnknownFields() throws IOException {
    byte[] unknown = joined(varint(9 << 3), varint(-1), field(77, new byte[] {1, 2, 3}));
    byte[] group =
        joined(varint(8 << 3 | 3), varint(7 << 3 | 3), varint(7 << 3 | 4), varint(8 << 3 | 4));
    byte[] fixed = joined(varint(5 << 3 | 1), new byte[8], varint(6 << 3 | 5), new byte[4]);
    byte[] swapped =
        field(1, joined(field(2, floats(9)), field(1, "x".getBytes(StandardCharsets.UTF_8))));
    String path =
        file(
            "x",
            framed(
                example(feature("x", unpackedFloats(1, Float.NaN)), feature("n", unpackedLongs(3))),
                example(feature("n", longs(Long.MIN_VALUE)), feature("x", floats(1, 2))),
                joined(
                    unknown,
                    example(
                        group,
                        feature("x", joined(floats(1), fixed, unpackedFloats(2))),
                        feature("n", joined(floats(1), longs(-1)))),
                    fixed,
                    group),
                joined( // Features in two parts, and a feature that comes twice
                    example(feature("x", floats(5, 6)), feature("n", longs())),
                    example(feature("n", longs(8))),
                    example(swapped, feature("x", floats(7, 8))))));
    assertThat(
            values(
                Dataset.tfRecord(path)
                    .feature("x", TFloat32.class, Shape.of(2))
                    .feature("n", TInt64.class),
                (batch, row) ->
                    tensor(batch, "x", TFloat32.class).getFloat(row, 0)
                        + " "
                        + tensor(batch, "x", TFloat32.class).getFloat(row, 1)
                        + " "
                        + tensor(batch, "n", TInt64.class).getLong(row)))
        .containsExactly("1.0 NaN 3", "1.0 2.0 " + Long.MIN_VALUE, "1.0 2.0 -1", "7.0 8.0 8");
  }

  @Test
  void listsBecomeTensorsOfOtherTypesAndShapes() throws IOException {
    byte[] pixels = {0, (byte) 255, 3, 4, 5, 6};
    String path =
        file(
            "x",
            framed(
                example(
                    feature("image", byteStrings(pixels)),
                    feature("words", byteStrings("a".getBytes(StandardCharsets.UTF_8), pixels)),
                    feature("n", longs(7)),
                    feature("m", longs(1, 2, 3, 4)),
                    feature("x", floats(1.5f)))));
    Dataset examples =
        Dataset.tfRecord(path)
            .feature("image", TUint8.class, Shape.of(1, 2, 3))
            .feature("words", TString.class, Shape.of(2))
            .feature("n", TInt32.class)
            .feature("m", TFloat32.class, Shape.of(2, 2))
            .label("x", TFloat64.class);
    assertThat(
            values(
                examples,
                (batch, row) ->
                    List.<Object>of(
                        tensor(batch, "image", TUint8.class).getByte(row, 0, 0, 1),
                        tensor(batch, "image", TUint8.class).getByte(row, 0, 1, 2),
                        tensor(batch, "words", TString.class).getObject(row, 0),
                        Arrays.toString(
                            tensor(batch, "words", TString.class).asBytes().getObject(row, 1)),
                        tensor(batch, "n", TInt32.class).getInt(row),
                        tensor(batch, "m", TFloat32.class).getFloat(row, 1, 0),
                        tensor(batch, "x", TFloat64.class).getDouble(row))))
        .containsExactly(List.of((byte) 255, (byte) 6, "a", Arrays.toString(pixels), 7, 3f, 1.5));
  }

  @Test
  void listOfAnotherLengthNamesRecordAndColumn() throws IOException {
    Dataset examples =
        Dataset.tfRecord(
            file(
                "x",
                framed(
                    example(feature("n", longs(1)), feature("b", byteStrings(new byte[2]))),
                    example(
                        feature("n", longs(1, 2)),
                        feature("b", byteStrings(new byte[1], new byte[1]))),
                    example(feature("n", longs(1)), feature("b", byteStrings(new byte[3]))))));
    EncodedRecords.assertRefused(
        spark,
        examples.feature("n", TInt64.class),
        "Cannot encode record 1 of data set",
        "column 'n' has 2 elements, expected 1");
    EncodedRecords.assertRefused(
        spark,
        examples.feature("b", TUint8.class, Shape.of(2)),
        "Cannot encode record 1 of data set",
        "column 'b' has 2 byte strings, expected 1");
    EncodedRecords.assertRefused(
        spark,
        Dataset.of("filtered", s -> examples.source().rows(s).where("size(b) = 1"))
            .feature("b", TUint8.class, Shape.of(2)),
        "Cannot encode record 1 of data set 'filtered'",
        "column 'b' has 3 elements, expected 2");
    EncodedRecords.assertRefused(
        spark,
        examples.feature("b", TFloat32.class, Shape.of(2)),
        "as TFloat32 of shape [2]: expected an array of numbers (2 elements), found array<binary>");
  }

  @Test
  void rowsCanBeChangedBySpark() throws IOException {
    String path = file("x", framed(ids(0, 4)));
    Dataset flags =
        Dataset.of(
                path,
                session ->
                    Dataset.tfRecord(path)
                        .source()
                        .rows(session)
                        .selectExpr("id", "id[0] % 2 AS odd"))
            .feature("id", TInt64.class)
            .label("odd", TInt64.class);
    assertThat(
            values(
                flags,
                (batch, row) ->
                    10 * tensor(batch, "id", TInt64.class).getLong(row)
                        + tensor(batch, "odd", TInt64.class).getLong(row)))
        .containsExactly(0L, 11L, 20L, 31L);
  }

  @Test
  void flippedBitIsFoundByOneOfTheChecksums() throws IOException {
    byte[] good = framed(ids(0, 3));
    int frame = good.length / 3;
    for (int at = frame; at < 2 * frame; at += 3) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      String part = at < frame + HEADER ? "length" : "data";
      for (boolean gzip : new boolean[] {false, true}) {
        String path = file("x", gzip ? gzip(bad) : bad);
        assertRefused(
            path,
            "Cannot read record 1 of " + path.replaceFirst("^file:///", "file:/"),
            "the file is corrupt: expected the checksum ",
            " of its " + part + ", found ",
            "(at byte " + frame + (gzip ? ", uncompressed)" : ")") + "; write the file again");
      }
    }
  }

  @Test
  void cutFileIsTruncatedWhereverItIsCut() throws IOException {
    byte[] good = framed(ids(0, 2));
    int frame = good.length / 2;
    for (int length = frame + 1; length < 2 * frame; length++) {
      String path = file("x", Arrays.copyOf(good, length));
      int found = length - frame;
      int data = frame - HEADER - FOOTER;
      String expected;
      if (found < HEADER) {
        expected = "expected 12 bytes of its header, found " + found;
      } else if (found < HEADER + data) {
        expected = "expected " + data + " bytes of its data, found " + (found - HEADER);
      } else {
        expected = "expected 4 bytes of its checksum, found " + (found - HEADER - data);
      }
      assertRefused(
          path,
          "Cannot read record 1 of ",
          ": the file is truncated: " + expected + " (at byte " + frame + ")");
    }
  }

  @Test
  void absurdLengthIsRefusedThoughItsChecksumIsRight() throws IOException {
    for (long length : new long[] {Integer.MAX_VALUE, 1L << 40, -1}) {
      byte[] header = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
      String path = file("x", framed(ids(0, 1)), header, TfRecordFiles.checksum(header));
      assertRefused(
          path,
          "Cannot read record 1 of ",
          "expected at most 2147483583 bytes, found a length of " + Long.toUnsignedString(length));
    }
    byte[] header =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(2_147_000_000).array();
    assertRefused( // in a JVM that has less memory than this
        file("x", header, TfRecordFiles.checksum(header), new byte[1000]),
        "Cannot read record 0 of ",
        "the file is truncated: expected 2147000000 bytes of its data, found 1000 (at byte 0)");
  }

  @Test
  void otherFileIsNoTfRecordFile() throws IOException {
    assertRefused(
        file("x", "col1,col2\n1,2\n".getBytes(StandardCharsets.UTF_8)),
        "Cannot read record 0 of ",
        "the file is corrupt, or no TFRecord file: expected the checksum ");
    assertRefused(
        file("x", framed("no Example".getBytes(StandardCharsets.UTF_8))),
        "Cannot read record 0 of ",
        "expected a tf.train.Example: ",
        "(at byte 0)");
  }

  @Test
  void brokenGzipIsTruncatedOrCorrupt() throws IOException {
    byte[] good = gzip(framed(ids(0, 50)));
    for (int length : new int[] {5, 30, good.length / 2, good.length - 8, good.length - 1}) {
      assertRefused(
          file("x", Arrays.copyOf(good, length)),
          "Cannot read record ",
          length == 5 ? "EOF" : "its gzip data is truncated");
    }
    byte[] trailer = good.clone();
    trailer[good.length - 6] ^= 1;
    assertRefused(
        file("x", trailer), "Cannot read record 50 of ", "its gzip data is corrupt", "trailer");
    assertRefused(
        file("x", good, new byte[] {0x1f, (byte) 0x8b, 8}),
        "Cannot read record 50 of ",
        "its gzip data is corrupt",
        "3 bytes after its end are no gzip data");
    assertRefused(file("x", good, new byte[100]), "100 bytes after its end are no gzip data");
  }

  @Test
  void gzipFilesOfSeveralMembersAreReadToTheirEnd() throws IOException {
    byte[] all = framed(ids(0, 5_000));
    int cut = all.length / 3 + 5; // within a record
    assertThat(
            ids(
                file(
                    "x",
                    gzip(Arrays.copyOf(all, cut)),
                    gzip(new byte[0]),
                    gzip(Arrays.copyOfRange(all, cut, all.length)))))
        .isEqualTo(LongStream.range(0, 5_000).boxed().toList());
  }

  @Test
  void recordWhoseLengthLooksLikeGzipIsARecord() throws IOException {
    for (int length : new int[] {0x8b1f, 0x088b1f}) { // 1f 8b 00, 1f 8b 08
      byte[] id = id(5);
      int filler = length - id.length;
      byte[] unknown = new byte[0];
      for (int size = filler - 6; unknown.length != filler; size++) {
        unknown = field(100, new byte[size]);
      }
      assertThat(ids(file("x", framed(joined(id, unknown), id(6))))).containsExactly(5L, 6L);
    }
  }

  @Test
  void featureOfAnotherKindNamesRecordAndFeature() throws IOException {
    byte[][] early = ids(0, 3);
    early[2] = example(feature("id", floats(1)));
    String path = file("x", framed(early));
    assertRefused(
        path,
        "Cannot read data set '" + path + "': Cannot read record 2 of ",
        "feature 'id' has a float_list, expected the kind int64_list of the first records (at byte ");
    byte[][] late = ids(0, 150);
    late[140] = example(feature("id", byteStrings(new byte[3])));
    assertRefused(
        file("x", framed(late)),
        "Cannot read record 140 of ",
        "feature 'id' has a bytes_list, expected the kind int64_list of the first records (at byte ");
  }

  @Test
  void malformedExampleIsRefused() throws IOException {
    byte[] good = id(5);
    List<byte[]> bad = new ArrayList<>();
    for (int length = 1; length < good.length; length++) {
      bad.add(Arrays.copyOf(good, length));
    }
    bad.add(field(1, new byte[] {(byte) 0x80}));
    bad.add(new byte[] {0, 1}); // the field number 0
    bad.add(new byte[] {4 << 3 | 4}); // the end of no group
    bad.add(new byte[] {4 << 3 | 3, 4 << 3}); // a group without an end
    bad.add(new byte[] {4 << 3 | 6, 0}); // no such form
    byte[] tooLong = new byte[12];
    Arrays.fill(tooLong, (byte) 0xff);
    bad.add(joined(new byte[] {4 << 3}, tooLong)); // a number of 12 bytes
    bad.add(example(feature("id", field(3, field(1, new byte[] {1, (byte) 0x81})))));
    bad.add(example(feature("x", field(2, field(1, new byte[5])))));
    bad.add(example(field(1, joined(field(1, new byte[] {-1}), field(2, longs(1))))));
    byte[] nested = new byte[200_000];
    Arrays.fill(nested, (byte) (4 << 3 | 3));
    bad.add(nested);
    for (byte[] record : bad) {
      assertRefused(
          file("x", framed(id(1), record)),
          "Cannot read record 1 of ",
          ": expected a tf.train.Example: ");
    }
  }

  @Test
  void pathWithoutFilesOrRecordsIsNamed() throws IOException {
    String nowhere = directory.resolve("nowhere").toString();
    assertRefused(
        nowhere, "Cannot read TFRecord files: expected files at " + nowhere + ", found none");
    assertRefused(nowhere + "/*.x", "expected files at " + nowhere + "/*.x, found none");
    Files.createDirectories(directory.resolve("data"));
    String data = directory.resolve("data").toString();
    assertRefused(data, "expected files at " + data + ", found none");
    file("a");
    file("b", gzip(new byte[0]));
    assertRefused(
        data,
        "Cannot read TFRecord files: expected records in the 2 files at " + data + ", found none");
  }

  @Test
  void sourceSaysWhatItIs() {
    assertThat(Dataset.tfRecord("hdfs:///x/*").description()).isEqualTo("hdfs:///x/*");
    assertThat(Dataset.tfRecord("hdfs:///x/*").source())
        .hasToString("TfRecordSource[path=hdfs:///x/*]");
  }
}
