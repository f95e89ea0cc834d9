package dev.muster.examples.digits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourcesTest {
  private static SparkSession spark;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void executorsDrawWhatDrawnDigitDraws() {
    List<Row> rows = new DrawnDigits(5, 40).rows(spark).collectAsList();
    assertThat(rows).hasSize(40);
    for (int index = 0; index < 40; index++) {
      DrawnDigit drawn = DrawnDigit.draw(5, index);
      assertThat((byte[]) rows.get(index).getAs("image")).isEqualTo(drawn.pixels());
      assertThat((long) rows.get(index).getAs("digit")).isEqualTo(drawn.digit());
    }
  }

  @Test
  void tenThousandImagesAloneAreSplit(@TempDir Path directory) throws IOException {
    writeIdx(directory, "t10k", 10_000);
    List<Row> training = new MnistDigits(directory.toString(), true).rows(spark).collectAsList();
    List<Row> validation = new MnistDigits(directory.toString(), false).rows(spark).collectAsList();
    assertThat(training).hasSize(8_000);
    assertThat(validation).hasSize(2_000);
    assertThat(training.get(7_999).<byte[]>getAs("image")).isEqualTo(image(7_999));
    assertThat(validation.get(0).<byte[]>getAs("image")).isEqualTo(image(8_000));
    assertThat((long) validation.get(3).getAs("digit")).isEqualTo(8_003 % 10);
  }

  @Test
  void wholeMnistTrainsOnTheTrainingFiles(@TempDir Path directory) throws IOException {
    writeIdx(directory, "train", 30);
    writeIdx(directory, "t10k", 20);
    assertThat(new MnistDigits(directory.toString(), true).rows(spark).count()).isEqualTo(30);
    assertThat(new MnistDigits(directory.toString(), false).rows(spark).count()).isEqualTo(20);
  }

  @Test
  void emptyDirectoryIsNamed(@TempDir Path directory) {
    assertThatThrownBy(() -> new MnistDigits(directory.toString(), true).rows(spark))
        .hasMessageContaining("Cannot read MNIST: expected t10k-images-idx3-ubyte.gz")
        .hasMessageContaining(directory.toString());
  }

  /** Image i has 2 × 2 pixels that say which it is. */
  private static byte[] image(int i) {
    return new byte[] {(byte) (i >> 8), (byte) i, 1, 2};
  }

  private static void writeIdx(Path directory, String part, int count) throws IOException {
    ByteArrayOutputStream images = new ByteArrayOutputStream();
    DataOutputStream imageFile = new DataOutputStream(images);
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    DataOutputStream labelFile = new DataOutputStream(labels);
    imageFile.writeInt(0x803);
    imageFile.writeInt(count);
    imageFile.writeInt(2);
    imageFile.writeInt(2);
    labelFile.writeInt(0x801);
    labelFile.writeInt(count);
    for (int i = 0; i < count; i++) {
      imageFile.write(image(i));
      labelFile.writeByte(i % 10);
    }
    Files.write(directory.resolve(part + "-images-idx3-ubyte"), images.toByteArray());
    Files.write(directory.resolve(part + "-labels-idx1-ubyte"), labels.toByteArray());
  }
}
