package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Reads image files, listed on the driver and decoded in tasks. A class of its own: without Spark
 * it cannot be loaded.
 */
final class ImageRows {
  private static final StructType SCHEMA =
      new StructType()
          .add("image", DataTypes.BinaryType, false)
          .add("label", DataTypes.LongType, false)
          .add("class", DataTypes.StringType, false)
          .add("path", DataTypes.StringType, false);

  private static final Pattern IMAGE = Pattern.compile(".*\\.(png|jpe?g)");

  /** Enough to pay for a task, few enough to lose when one fails. */
  private static final int MOST_FILES_OF_A_TASK = 1_000;

  private ImageRows() {}

  static Dataset<Row> of(SparkSession spark, ImageSource source) {
    JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
    SourceFiles files = SourceFiles.of(context);
    List<String> classes = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    list(files, source.directory(), classes, paths);
    int tasks =
        Math.max(
            Math.min(context.defaultParallelism(), paths.size()),
            -Math.floorDiv(-paths.size(), MOST_FILES_OF_A_TASK)); // rounded up
    return spark.createDataFrame(
        context.parallelize(paths, tasks).map(new Decoder(files, source, List.copyOf(classes))),
        SCHEMA);
  }

  private static void list(
      SourceFiles files, String directory, List<String> classes, List<String> paths) {
    try {
      for (FileStatus child : files.children(directory)) {
        if (child.isDirectory()) {
          classes.add(child.getPath().getName());
          for (FileStatus file : files.children(child.getPath().toString())) {
            String name = file.getPath().getName().toLowerCase(Locale.ROOT);
            if (!file.isDirectory() && IMAGE.matcher(name).matches()) {
              paths.add(file.getPath().toString());
            }
          }
        }
      }
    } catch (FileNotFoundException e) {
      throw new TrialException(
          "Cannot read images: expected a directory at " + directory + ", found none", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    if (paths.isEmpty()) {
      throw new TrialException(
          "Cannot read images: expected .png, .jpg or .jpeg files in the sub-directories of %s, one for each class, found none in %d sub-directories"
              .formatted(directory, classes.size()));
    }
  }

  /** The row of a file. */
  private record Decoder(SourceFiles files, ImageSource source, List<String> classes)
      implements Function<String, Row> {
    @Override
    public Row call(String path) throws IOException {
      byte[] content;
      try (SizedInputStream file = files.open(path)) {
        content = file.readAllBytes();
      }
      String name = new Path(path).getParent().getName();
      return RowFactory.create(
          DecodedImage.bytes(content, path, source),
          (long) Collections.binarySearch(classes, name),
          name,
          path);
    }
  }
}
