package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.io.Serializable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Images in one folder for each class.
 *
 * @param directory the folder of the classes' folders
 * @param height of the rows' images
 * @param width of the rows' images
 * @param channels 1 for gray, 3 for red, green and blue
 * @param resized whether images of other sizes are resized rather than refused
 */
record ImageSource(String directory, int height, int width, int channels, boolean resized)
    implements Source, Serializable {
  ImageSource {
    if (height < 1 || width < 1 || (channels != 1 && channels != 3)) {
      throw new TrialException(
          "Cannot read images of %d x %d with %d channels: expected a height and width of at least 1, and 1 or 3 channels"
              .formatted(height, width, channels));
    }
    if ((long) height * width * channels > Integer.MAX_VALUE / 2) {
      throw new TrialException(
          "Cannot read images of %d x %d with %d channels: expected less than 1 GiB for each"
              .formatted(height, width, channels));
    }
  }

  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return ImageRows.of(spark, this);
  }
}
