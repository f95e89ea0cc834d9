package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TType;

/**
 * A description of a data set: its source, the tensors that its columns become, and the pipeline.
 * Immutable; nothing is read before the job runs.
 *
 * <p>Records are read in the source's order, or shuffled by index in each pass. A batch at the end
 * of a pass may be smaller, unless the data set repeats before it is batched.
 */
public final class Dataset {
  private final Source source;
  private final String description;
  private final List<Column> columns;
  private final @Nullable Sharding sharding;
  private final Pipeline pipeline;

  private Dataset(Draft draft) {
    this.source = draft.source;
    this.description = draft.description;
    this.columns = draft.columns;
    this.sharding = draft.sharding;
    this.pipeline = draft.pipeline;
  }

  /** The parts of a data set that is being made. */
  private static final class Draft {
    private final Source source;
    private final String description;
    private List<Column> columns = List.of();
    private @Nullable Sharding sharding;
    private Pipeline pipeline = Pipeline.NONE;

    Draft(Source source, String description) {
      this.source = Objects.requireNonNull(source, "source");
      this.description = Objects.requireNonNull(description, "description");
    }

    Draft(Dataset of) {
      this.source = of.source;
      this.description = of.description;
      this.columns = of.columns;
      this.sharding = of.sharding;
      this.pipeline = of.pipeline;
    }
  }

  private Dataset with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new Dataset(draft);
  }

  /** The rows of any function of the Spark session: tables, Parquet, joins. */
  public static Dataset of(Source source) {
    return of("a function of the SparkSession", source);
  }

  /**
   * The rows of any function of the Spark session.
   *
   * @param description names the source in messages, e.g. its path
   */
  public static Dataset of(String description, Source source) {
    return new Dataset(new Draft(source, description));
  }

  /**
   * The images and labels of a pair of IDX files (gzip too) on any Hadoop path, as MNIST has them:
   * the columns {@code image} (binary, one byte a pixel) and {@code digit} (a long).
   */
  public static Dataset idx(String images, String labels) {
    return of(images, new IdxSource(images, labels));
  }

  /**
   * The rows of CSV files with a header line on any Hadoop path; Spark infers numbers.
   *
   * @param path a file, a directory or a glob
   */
  public static Dataset csv(String path) {
    return of(path, new CsvSource(path, ""));
  }

  /**
   * The rows of CSV files whose columns' types are said: nothing is inferred, which saves a reading
   * of the files, and a value of another type, a row of another length or another header is an
   * error rather than a column of texts.
   *
   * @param path a file, a directory or a glob
   * @param schema all columns in the files' order, as Spark's SQL has it: {@code "x FLOAT, y
   *     BIGINT"}
   */
  public static Dataset csv(String path, String schema) {
    if (schema.isBlank()) {
      throw new TrialException(
          "Cannot read CSV files at " + path + ": expected columns, as in \"x FLOAT\", found none");
    }
    return of(path, new CsvSource(path, schema));
  }

  /**
   * The records of TFRecord files of {@code tf.train.Example} on any Hadoop path, plain or gzip
   * (told by their content). Both checksums of each record are verified. Each file is read in one
   * task, and the records' order is the files' by path, then that within the file.
   *
   * <p>Each feature becomes a column: an array of longs ({@code int64_list}), of floats ({@code
   * float_list}) or of binary ({@code bytes_list}), null where a record has no such feature. A list
   * of one element may also become a tensor of scalar shape, and a {@code bytes_list} of one
   * element a TUint8 of as many elements as it has bytes. The columns are the features of the first
   * 100 records of the first file that has records; features that come later are left out.
   *
   * @param path a file, a directory with all below it, or a glob; files and directories whose names
   *     begin with {@code _} or {@code .} are left out
   */
  public static Dataset tfRecord(String path) {
    return of(path, new TfRecordSource(path));
  }

  /**
   * PNG and JPEG files in one sub-directory for each class, on any Hadoop path, all of one size.
   *
   * <p>The columns are {@code image} (binary: height * width * channels bytes, row by row, so a
   * TUint8 of shape {@code [height, width, channels]}), {@code label} (a long: the place of the
   * class among the sub-directories sorted by name), {@code class} (the sub-directory's name) and
   * {@code path}. The files are those directly in the sub-directories whose names end with {@code
   * .png}, {@code .jpg} or {@code .jpeg}; names that begin with {@code _} or {@code .} are left
   * out. Their order is by path, class by class: {@link #shuffle()} training data. Transparency and
   * the orientation that a camera noted are ignored; a color becomes gray as JPEG's luma (BT.601).
   *
   * @param directory the directory of the classes' sub-directories
   * @param height of each image in pixels; another one is an error that names the file
   * @param width of each image in pixels
   * @param channels 3 for red, green and blue, 1 for gray
   * @throws TrialException if the sizes are less than 1, or the channels neither 1 nor 3
   */
  public static Dataset images(String directory, int height, int width, int channels) {
    return of(directory, new ImageSource(directory, height, width, channels, false));
  }

  /**
   * As {@link #images}, but images of other sizes are resized (bilinear, as {@code tf.image.resize}
   * has it), whatever their aspect ratio.
   *
   * @param directory the directory of the classes' sub-directories
   * @param height of each tensor in pixels
   * @param width of each tensor in pixels
   * @param channels 3 for red, green and blue, 1 for gray
   * @throws TrialException if the sizes are less than 1, or the channels neither 1 nor 3
   */
  public static Dataset resizedImages(String directory, int height, int width, int channels) {
    return of(directory, new ImageSource(directory, height, width, channels, true));
  }

  /**
   * Rows that are in memory, in the list's order: for tests and for data of a few megabytes. They
   * need no Spark in a unit test, and the job makes Spark's rows of them.
   *
   * @param rows each from column name to value, see {@link MemorySource}
   * @throws TrialException if there is no row, or a column's values have no common type
   */
  public static Dataset rows(List<? extends Map<String, ?>> rows) {
    return of("rows in memory", MemorySource.of(rows));
  }

  /**
   * This data set and another, side by side: record i has the columns of both records i, in the
   * order of both sources. It ends with the shorter one. Declare the columns of each before; calls
   * of the pipeline and {@code wrapDataset} come after it.
   *
   * <p>Spark numbers the rows of both sources, for which it counts them, and joins them by number:
   * both are shuffled over the cluster once, and the result is sorted, before the first record can
   * be read. Where the source itself can join them by a key, that is no more work and less to go
   * wrong.
   *
   * @throws TrialException if a column's name is in both, one declares none, or a call of the
   *     pipeline came before
   */
  public Dataset zip(Dataset other) {
    return Zip.of(this, other);
  }

  /** The columns of two data sets. */
  static Dataset zipped(String description, Source source, List<Column> columns) {
    Draft draft = new Draft(source, description);
    draft.columns = List.copyOf(columns);
    return new Dataset(draft);
  }

  /** With a feature of one number or text a record. */
  public Dataset feature(String column, Class<? extends TType> type) {
    return feature(column, type, Shape.scalar());
  }

  /**
   * With a feature. The column's value is a number, truth value or text for a scalar shape, else an
   * array of these, as many times nested as the shape has dimensions (or flat, where all dimensions
   * are known), a vector of Spark ML for numbers of one dimension, or binary (one byte an element
   * for TUint8, one element of any bytes for TString).
   *
   * @param column the column's name and the feature's
   * @param type TFloat32, TFloat64, TInt32, TInt64, TUint8, TBool or TString
   * @param shape the shape of one record, without the batch dimension. A dimension of -1 is as long
   *     as the longest of the batch, and records that are shorter are padded, see {@link #padding}
   */
  public Dataset feature(String column, Class<? extends TType> type, Shape shape) {
    return with(new Column(column, Column.Role.FEATURE, type, shape));
  }

  /**
   * With a sparse feature, of which the entries alone are stored and fed; the model reads it by
   * {@code ModelScope.sparseFeature}. The column's value is a vector of Spark ML, whose entries are
   * those that a sparse one holds and those of a dense one that are not 0; or an array, of which
   * each element is an entry.
   *
   * @param column the column's name and the feature's
   * @param type as for {@link #feature(String, Class, Shape)}
   * @param shape of one record: one dimension, -1 for the largest of the batch
   */
  public Dataset sparseFeature(String column, Class<? extends TType> type, Shape shape) {
    return with(new Column(column, Column.Role.FEATURE, type, shape, true, null, null));
  }

  /** With a label of one number or text a record. */
  public Dataset label(String column, Class<? extends TType> type) {
    return label(column, type, Shape.scalar());
  }

  /** With a label; as {@link #feature(String, Class, Shape)}. */
  public Dataset label(String column, Class<? extends TType> type, Shape shape) {
    return with(new Column(column, Column.Role.LABEL, type, shape));
  }

  /**
   * With another value than 0, false or the empty text where records are padded.
   *
   * @param column declared before, with a dimension of -1
   * @param value a Number, Boolean or String, as the column's type wants it
   */
  public Dataset padding(String column, Object value) {
    return replaced(column, before -> before.withPadding(value));
  }

  /**
   * With a value for null: for the column's value, if its shape is scalar; else for each element
   * that is null, and where the value itself is null, for all elements of a fixed shape, or no
   * element of a variable or sparse one. Without it a null is an error that names the record.
   *
   * @param column declared before
   * @param value a Number, Boolean or String, as the column's type wants it
   */
  public Dataset defaultValue(String column, Object value) {
    return replaced(column, before -> before.withDefault(value));
  }

  private Dataset replaced(String name, UnaryOperator<Column> change) {
    if (columns.stream().noneMatch(column -> column.name().equals(name))) {
      throw new TrialException(
          "Cannot find column '"
              + name
              + "': the data set declares "
              + columns.stream().map(Column::name).toList());
    }
    List<Column> changed =
        columns.stream()
            .map(column -> column.name().equals(name) ? change.apply(column) : column)
            .toList();
    return with(draft -> draft.columns = changed);
  }

  private Dataset with(Column column) {
    if (columns.stream().anyMatch(other -> other.name().equals(column.name()))) {
      throw new TrialException("Cannot read column '" + column.name() + "' twice in one data set");
    }
    List<Column> more = new ArrayList<>(columns);
    more.add(column);
    return with(draft -> draft.columns = List.copyOf(more));
  }

  private Dataset with(Pipeline changed) {
    return with(draft -> draft.pipeline = changed);
  }

  /**
   * Without the first records: before {@code shuffle()} those of the source, which are not encoded;
   * after it the first positions of each shuffled pass, so other records in each. {@code skip} and
   * {@code take} apply in the order of their calls, and count the records of all slots together.
   *
   * @param records at least 0
   * @throws TrialException after {@code batch()} or {@code repeat()}, or if none would be left
   */
  public Dataset skip(long records) {
    return with(pipeline.skip(records));
  }

  /**
   * The first records alone, or all where there are fewer; of what {@link #skip} says. {@code
   * take(n).shuffle()} reads the same n records in each pass, {@code shuffle().take(n)} other ones.
   *
   * @param records at least 1
   * @throws TrialException after {@code batch()} or {@code repeat()}
   */
  public Dataset take(long records) {
    return with(pipeline.take(records));
  }

  /** Shuffled anew in each pass, from the trial's seed. */
  public Dataset shuffle() {
    return with(pipeline.shuffle(OptionalLong.empty(), OptionalInt.empty()));
  }

  /** Shuffled anew in each pass, from this seed. */
  public Dataset shuffle(long seed) {
    return with(pipeline.shuffle(OptionalLong.of(seed), OptionalInt.empty()));
  }

  /**
   * Shuffled anew in each pass, from the trial's seed, within windows: for data that is larger than
   * the memory that the executors' hosts have left to keep files in, where {@link #shuffle()} would
   * read each record from the disk. A window is about that many consecutive records; at least as
   * many as the order has logical shards, which are 2,520 for large data. The windows follow each
   * other in the source's order, so a source that is sorted by label should not be read so.
   *
   * @param records at least 1
   */
  public Dataset shuffleWindow(int records) {
    return with(pipeline.shuffle(OptionalLong.empty(), OptionalInt.of(records)));
  }

  /** Shuffled within windows, as {@link #shuffleWindow(int)}, from this seed. */
  public Dataset shuffleWindow(int records, long seed) {
    return with(pipeline.shuffle(OptionalLong.of(seed), OptionalInt.of(records)));
  }

  /** In batches of the per-slot batch size. */
  public Dataset batch() {
    return with(pipeline.batch(OptionalInt.empty()));
  }

  /**
   * In batches of this size in each slot; for validation data alone.
   *
   * @param perSlot at least 1
   */
  public Dataset batch(int perSlot) {
    if (perSlot < 1) {
      throw new TrialException("Cannot make batches of " + perSlot + " records");
    }
    return with(pipeline.batch(OptionalInt.of(perSlot)));
  }

  /**
   * Without the last batch of a pass where it is smaller than the others: a pass ends with its last
   * whole global batch, the records after it are not read in this pass. Unshuffled, these are the
   * same in each pass; and a validation leaves them out. Call it after {@code batch()}.
   *
   * @throws TrialException before {@code batch()}, or if {@code repeat()} came before {@code
   *     batch()}; the job refuses a data set with less than one whole batch
   */
  public Dataset dropRemainder() {
    return with(pipeline.dropRemainder());
  }

  /**
   * Repeated for ever. Before {@code batch()} batches run on into the next pass; after it the last
   * batch of a pass may be smaller, which is what training data does by itself.
   */
  public Dataset repeat() {
    return with(pipeline.repeat());
  }

  /**
   * Repeated: a validation reads the data so often, and counts each record so often. Training data
   * is read for as long as the training takes, so for it this is {@link #repeat()}. Before or after
   * {@code batch()} as there.
   *
   * @param passes at least 1; a repeated data set that is repeated has the product
   */
  public Dataset repeat(long passes) {
    return with(pipeline.repeat(passes));
  }

  /**
   * With features and labels that ops of the TRAIN and EVAL graphs make of the columns, in the step
   * and not before it. Several maps follow each other. They see whole batches, {@code [batch, …]},
   * whether they are declared before or after {@code batch()}.
   *
   * <p>As with {@code tf.data}, requests to a served model do not go through it: what must also
   * happen to them belongs in the model function or in a serving receiver. The receiver of a trial
   * that has none takes the features as the last map returns them.
   */
  public Dataset map(GraphMap map) {
    return with(pipeline.map(Objects.requireNonNull(map, "map")));
  }

  /**
   * With each slot's part of a batch changed in Java, ahead of the step that it is fed to, for what
   * TensorFlow's ops cannot do; before the maps of the graph, wherever it is declared. Several
   * follow each other. It is given whole batches, also the record that stands in for the part of a
   * slot that has none of a pass's last batch, and counts for nothing.
   */
  public Dataset mapBatch(BatchMap map) {
    return with(pipeline.mapBatch(Objects.requireNonNull(map, "map")));
  }

  /** Marked as shared out over the slots; called by {@code EstimatorTrialContext.wrapDataset}. */
  public Dataset wrapped() {
    return wrapped(Sharding.BY_RECORD);
  }

  /** Marked with how the slots share it; called by {@code EstimatorTrialContext.wrapDataset}. */
  public Dataset wrapped(Sharding how) {
    Objects.requireNonNull(how, "sharding");
    return with(draft -> draft.sharding = how);
  }

  /** Where the rows come from. */
  public Source source() {
    return source;
  }

  /** The source's name in messages. */
  public String description() {
    return description;
  }

  /** The features and labels in the order in which they were declared. */
  public List<Column> columns() {
    return columns;
  }

  /** What is done with the records, in the job's words. */
  public Pipeline pipeline() {
    return pipeline;
  }

  /** Whether {@code wrapDataset} made it. */
  public boolean isWrapped() {
    return sharding != null;
  }

  /** Whether each record goes to one slot, rather than to every slot. */
  public boolean isSharded() {
    return sharding != Sharding.NONE;
  }

  /** Whether each pass is shuffled. */
  public boolean isShuffled() {
    return pipeline.isShuffled();
  }

  /** The seed of the shuffling, empty for the trial's seed. */
  public OptionalLong shuffleSeed() {
    return pipeline.shuffleSeed();
  }

  /** Whether {@code batch} was called. */
  public boolean isBatched() {
    return pipeline.isBatched();
  }

  /** The batch size of one slot, empty for the trial's per-slot batch size. */
  public OptionalInt batchSize() {
    return pipeline.batchSize();
  }

  /** Whether batches run on into the next pass. */
  public boolean isRepeatedBeforeBatch() {
    return pipeline.isRepeatedBeforeBatch();
  }
}
