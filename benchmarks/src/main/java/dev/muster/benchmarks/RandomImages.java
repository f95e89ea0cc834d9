package dev.muster.benchmarks;

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
 * {@link Images} with the columns {@code image} (784 floats) and {@code digit} (a long).
 *
 * @param count the number of images
 */
record RandomImages(long count) implements Source {
  private static final StructType SCHEMA =
      new StructType()
          .add("image", DataTypes.createArrayType(DataTypes.FloatType, false), false)
          .add("digit", DataTypes.LongType, false);

  @Override
  public Dataset<Row> rows(SparkSession spark) {
    return spark.range(count).map(new Make(), Encoders.row(SCHEMA));
  }

  /** Runs on the executors. */
  private record Make() implements MapFunction<Long, Row> {
    @Override
    public Row call(Long index) {
      return RowFactory.create(Images.pixels(index), Images.digit(index));
    }
  }
}
