package dev.muster.job.spark;

import static dev.muster.job.spark.EncodedRecords.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.Scripts;
import dev.muster.trial.data.Dataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** TFRecord files that Python's TensorFlow wrote, plain and compressed, bit by bit. */
class TfRecordPythonIT {
  private static final int RECORDS = 40;

  @TempDir Path directory;

  @Test
  void recordsOfPythonsTensorFlowAreReadBitByBit() throws Exception {
    Path script = Path.of("src/test/python/tfrecords.py").toAbsolutePath();
    Process python =
        new ProcessBuilder(
                Scripts.pythonWithTensorFlow().toString(), script.toString(), directory.toString())
            .inheritIO()
            .start();
    assertThat(python.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(python.exitValue()).isZero();

    SparkSession spark = EncodedRecords.session("TfRecordPythonIT");
    try {
      for (String name : List.of("plain.tfrecord", "packed.tfrecord.gz")) {
        assertThat(read(spark, directory.resolve(name).toString())).isEqualTo(expected());
      }
    } finally {
      spark.stop();
    }
  }

  private List<List<Object>> read(SparkSession spark, String path) {
    Dataset dataset =
        Dataset.tfRecord(path)
            .feature("longs", TInt64.class, Shape.of(-1))
            .padding("longs", 1)
            .feature("floats", TFloat32.class, Shape.of(4))
            .feature("bytes", TString.class, Shape.of(2))
            .label("one", TInt64.class);
    return EncodedRecords.values(
        spark,
        dataset,
        directory,
        (batch, row) -> {
          TInt64 longs = tensor(batch, "longs", TInt64.class);
          TFloat32 floats = tensor(batch, "floats", TFloat32.class);
          TString bytes = tensor(batch, "bytes", TString.class);
          List<Object> record = new ArrayList<>();
          record.add(tensor(batch, "one", TInt64.class).getLong(row));
          for (int i = 0; i < longs.shape().get(1); i++) {
            record.add(longs.getLong(row, i));
          }
          for (int i = 0; i < 4; i++) {
            record.add(Float.floatToRawIntBits(floats.getFloat(row, i)));
          }
          record.add(Arrays.toString(bytes.asBytes().getObject(row, 0)));
          record.add(bytes.getObject(row, 1));
          return record;
        });
  }

  /** What the script's first lines say; record 7 has no longs and is padded. */
  private static List<List<Object>> expected() {
    List<List<Object>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      byte[] bytes = new byte[i];
      Arrays.fill(bytes, (byte) (255 - i));
      List<Object> record = new ArrayList<>();
      record.add((long) i);
      record.addAll(
          i == 7 ? List.of(1L, 1L, 1L) : List.of(Long.MIN_VALUE + i, Long.MAX_VALUE, -1L));
      record.addAll(List.of(0x7fc00000, 0x80000000, 1, Float.floatToRawIntBits(i / 3f)));
      record.add(Arrays.toString(bytes));
      record.add("größe");
      records.add(record);
    }
    return records;
  }
}
