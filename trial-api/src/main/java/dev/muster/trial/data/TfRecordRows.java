package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads TFRecord files of {@code tf.train.Example}, each in one task. A class of its own: without
 * Spark it cannot be loaded.
 */
final class TfRecordRows {
  private static final Logger LOG = LoggerFactory.getLogger(TfRecordRows.class);

  /** The records of the first file that say which columns there are. */
  private static final int SAMPLED_RECORDS = 100;

  private TfRecordRows() {}

  static Dataset<Row> of(SparkSession spark, String path) {
    JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
    SourceFiles files = SourceFiles.of(context);
    try {
      List<String> paths = files.below(path);
      if (paths.isEmpty()) {
        throw new TrialException(
            "Cannot read TFRecord files: expected files at " + path + ", found none");
      }
      ExampleSchema schema = sample(files, path, paths);
      return spark.createDataFrame(
          context.parallelize(paths, paths.size()).mapPartitions(new Reader(files, schema)),
          schema.columns());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private static ExampleSchema sample(SourceFiles files, String path, List<String> paths)
      throws IOException {
    for (String file : paths) {
      try (TfRecordFile records = TfRecordFile.open(files, file)) {
        ExampleSchema.Sample sample = new ExampleSchema.Sample();
        int count = 0;
        while (count < SAMPLED_RECORDS && records.next()) {
          add(records, sample);
          count++;
        }
        if (count > 0) {
          return sample.schema();
        }
      }
    }
    throw new TrialException(
        "Cannot read TFRecord files: expected records in the %d files at %s, found none"
            .formatted(paths.size(), path));
  }

  private static void add(TfRecordFile records, ExampleSchema.Sample sample) throws IOException {
    try {
      sample.add(records.data(), records.length());
    } catch (WireFormatException e) {
      throw malformed(records, e);
    }
  }

  private static IOException malformed(TfRecordFile records, WireFormatException e) {
    return records.contentFailure("expected a tf.train.Example: " + e.getMessage());
  }

  private record Reader(SourceFiles files, ExampleSchema schema)
      implements FlatMapFunction<Iterator<String>, Row> {
    @Override
    public Iterator<Row> call(Iterator<String> paths) {
      return new Rows(files, schema, paths);
    }
  }

  /** The rows of the files of one task. */
  private static final class Rows implements Iterator<Row> {
    private final SourceFiles files;
    private final ExampleSchema schema;
    private final Iterator<String> paths;
    private final TaskContext task = TaskContext.get();
    private @Nullable TfRecordFile file;
    private @Nullable Row next;

    Rows(SourceFiles files, ExampleSchema schema, Iterator<String> paths) {
      this.files = files;
      this.schema = schema;
      this.paths = paths;
      TaskCompletionListener closer = ended -> close(); // it may end before the rows do
      task.addTaskCompletionListener(closer);
    }

    @Override
    public boolean hasNext() {
      if (task.isInterrupted()) {
        throw new TaskKilledException("the job is over");
      }
      try {
        while (next == null && (file != null || paths.hasNext())) {
          advance();
        }
        return next != null;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void advance() throws IOException {
      TfRecordFile records = file;
      if (records == null) {
        file = TfRecordFile.open(files, paths.next());
      } else if (records.next()) {
        try {
          next = schema.row(records.data(), records.length());
        } catch (WireFormatException e) {
          throw malformed(records, e);
        }
      } else {
        records.close();
        file = null;
      }
    }

    @Override
    public Row next() {
      Row row = hasNext() ? next : null;
      if (row == null) {
        throw new NoSuchElementException();
      }
      next = null;
      return row;
    }

    private void close() {
      TfRecordFile records = file;
      file = null;
      if (records != null) {
        try {
          records.close();
        } catch (IOException e) { // no reason to fail a task that has what it wanted
          LOG.debug("Cannot close a TFRecord file", e);
        }
      }
    }
  }
}
