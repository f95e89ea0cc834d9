package dev.muster.job.spark;

import static dev.muster.job.spark.EncodedRecords.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** CSV files whose columns are said; {@code ShardEncoderTest} has those that Spark infers. */
class CsvSourceTest {
  private static SparkSession spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark = EncodedRecords.session("CsvSourceTest");
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private Dataset flats(String content) throws IOException {
    String path = Files.writeString(directory.resolve("flats.csv"), content).toString();
    return Dataset.csv(path, "area FLOAT, zip STRING, rooms BIGINT")
        .feature("area", TFloat32.class)
        .feature("zip", TString.class)
        .label("rooms", TInt64.class);
  }

  @Test
  void columnsHaveTheTypesThatAreSaid() throws IOException {
    assertThat(
            EncodedRecords.values(
                spark,
                flats("area,zip,rooms\n50,01067,2\n75.5,10115,3\n"),
                directory,
                (batch, row) ->
                    tensor(batch, "area", TFloat32.class).getFloat(row)
                        + " "
                        + tensor(batch, "zip", TString.class).getObject(row)
                        + " "
                        + tensor(batch, "rooms", TInt64.class).getLong(row)))
        .containsExactly("50.0 01067 2", "75.5 10115 3");
  }

  @Test
  void otherHeaderOrValueIsAnError() throws IOException {
    EncodedRecords.assertRefused(
        spark, flats("area,rooms,zip\n50,2,01067\n"), "Cannot read data set '", "CSV header");
    EncodedRecords.assertRefused(
        spark,
        flats("area,zip,rooms\n50,01067,2\nlarge,01067,2\n"),
        "Cannot read data set '",
        "large");
    EncodedRecords.assertRefused(
        spark, flats("area,zip,rooms\n50,01067\n"), "Cannot read data set '");
  }

  @Test
  void schemaIsNeverEmpty() {
    assertThatThrownBy(() -> Dataset.csv("x", " "))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot read CSV files at x: expected columns, as in \"x FLOAT\", found none");
  }
}
