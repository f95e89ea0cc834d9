package dev.muster.examples.digits;

import dev.muster.trial.data.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The MNIST digits from the IDX files of a directory on any Hadoop path, gzipped or not. Where only
 * the 10,000 test images are there, the first 8,000 of them train and the other 2,000 validate.
 *
 * @param directory with {@code train-images-idx3-ubyte.gz}, {@code train-labels-idx1-ubyte.gz}, and
 *     the same with {@code t10k}
 * @param training whether these are the images to train on, or those to validate on
 */
record MnistDigits(String directory, boolean training) implements Source {
  private static final int TRAINING_IMAGES_OF_T10K = 8_000;

  @Override
  public Dataset<Row> rows(SparkSession spark) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    if (exists(hadoop, "train-images-idx3-ubyte")) {
      return read(spark, hadoop, training ? "train" : "t10k");
    }
    Dataset<Row> tenThousand = read(spark, hadoop, "t10k");
    return training
        ? tenThousand.limit(TRAINING_IMAGES_OF_T10K)
        : tenThousand.offset(TRAINING_IMAGES_OF_T10K);
  }

  private Dataset<Row> read(SparkSession spark, Configuration hadoop, String part) {
    return dev.muster.trial.data.Dataset.idx(
            file(hadoop, part + "-images-idx3-ubyte"), file(hadoop, part + "-labels-idx1-ubyte"))
        .source()
        .rows(spark);
  }

  private String file(Configuration hadoop, String name) {
    for (String candidate : new String[] {name + ".gz", name}) {
      if (isFile(hadoop, new Path(directory, candidate))) {
        return new Path(directory, candidate).toString();
      }
    }
    throw new IllegalArgumentException(
        "Cannot read MNIST: expected " + name + ".gz or " + name + " in " + directory);
  }

  private boolean exists(Configuration hadoop, String name) {
    return isFile(hadoop, new Path(directory, name + ".gz"))
        || isFile(hadoop, new Path(directory, name));
  }

  private static boolean isFile(Configuration hadoop, Path path) {
    try {
      FileSystem files = path.getFileSystem(hadoop);
      return files.exists(path);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read MNIST: " + path + " is not reachable", e);
    }
  }
}
