package dev.muster.examples.digits;

import dev.muster.trial.data.Source;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A data set of drawn digits with the columns {@code image} (binary, 784 unsigned bytes) and {@code
 * digit} (a long). The executors draw; nothing is downloaded or stored.
 *
 * @param seed two data sets of different seeds have no image in common
 * @param count the number of images
 */
record DrawnDigits(long seed, long count) implements Source {
  private static final StructType SCHEMA =
      new StructType()
          .add("image", DataTypes.BinaryType, false)
          .add("digit", DataTypes.LongType, false);

  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return spark.range(count).map(new Draw(seed), Encoders.row(SCHEMA));
  }

  /** Runs on the executors. */
  private record Draw(long seed) implements MapFunction<Long, Row> {
    @Override
    public Row call(Long index) {
      DrawnDigit drawn = DrawnDigit.draw(seed, index);
      return RowFactory.create(drawn.pixels(), (long) drawn.digit());
    }
  }
}
