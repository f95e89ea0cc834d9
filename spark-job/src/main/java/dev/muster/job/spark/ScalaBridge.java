package dev.muster.job.spark;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockResult;
import org.apache.spark.storage.RDDBlockId;
import org.apache.spark.storage.StorageLevel;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * The only class that touches Scala's types. It calls nothing whose signature differs between Scala
 * 2.12 and 2.13, so that one jar runs on both: {@code Seq} does, hence {@code List} and one
 * reflective call. Thread-safe.
 */
final class ScalaBridge {
  private ScalaBridge() {}

  /** The session of a context, by a door that Scala closes to others and Java does not. */
  static SparkSession session(SparkContext context) {
    return SparkSession.builder().sparkContext(context).getOrCreate();
  }

  /** One partition per element, each with its preferred locations. */
  static JavaRDD<byte[]> placed(
      SparkContext context, List<byte[]> elements, List<List<String>> preferred) {
    List<Tuple2<byte[], Object>> placed =
        IntStream.range(0, elements.size())
            .mapToObj(i -> new Tuple2<byte[], Object>(elements.get(i), scalaList(preferred.get(i))))
            .toList();
    ClassTag<byte[]> tag = ClassTag$.MODULE$.apply(byte[].class);
    Method makeRdd =
        Stream.of(SparkContext.class.getMethods())
            .filter(method -> method.getName().equals("makeRDD"))
            .filter(method -> method.getParameterCount() == 2)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("Cannot place tasks: no makeRDD"));
    try {
      @SuppressWarnings("unchecked")
      RDD<byte[]> rdd = (RDD<byte[]>) makeRdd.invoke(context, scalaList(placed), tag);
      return JavaRDD.fromRDD(rdd, tag);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot place tasks: makeRDD is not accessible", e);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("Cannot place tasks: " + e.getCause(), e.getCause());
    }
  }

  /** This executor's host as Spark knows it ({@code PluginContext.hostname} fails here). */
  static String executorHost() {
    return SparkEnv.get().blockManager().blockManagerId().host();
  }

  /** The blocks behind their {@link ShardKey}s, in one partition for each bucket, sorted. */
  static JavaRDD<byte[]> sorted(JavaRDD<byte[]> blocks, int partitions) {
    return blocks
        .mapToPair(block -> new Tuple2<>(ShardKey.read(block).packed(), block))
        .repartitionAndSortWithinPartitions(new ShardPartitioner(partitions))
        .values();
  }

  /**
   * A partition of a persisted RDD of a {@link JavaRDD}, from this executor or another one; empty
   * when no executor has it. To be read to its end, on the thread of the task that asks: until then
   * the block is locked.
   */
  static Optional<Iterator<byte[]>> block(int rddId, int partition) {
    BlockManager blocks = SparkEnv.get().blockManager();
    Option<BlockResult> found =
        blocks.get(new RDDBlockId(rddId, partition), ClassTag$.MODULE$.apply(Object.class));
    return found.isEmpty() ? Optional.empty() : Optional.of(new Chunks(found.get().data()));
  }

  /**
   * Leaves a partition of a persisted RDD of a {@link JavaRDD} on this executor's disk, until the
   * RDD is unpersisted. On the thread of a task.
   */
  static void putBlock(int rddId, int partition, Iterator<byte[]> chunks) {
    boolean stored =
        SparkEnv.get()
            .blockManager()
            .putIterator(
                new RDDBlockId(rddId, partition),
                JavaConverters.asScalaIterator((Iterator<Object>) (Iterator<?>) chunks),
                StorageLevel.DISK_ONLY(),
                true,
                ClassTag$.MODULE$.apply(Object.class));
    if (!stored) {
      throw new IllegalStateException(
          "Cannot store partition " + partition + " of RDD " + rddId + " on this executor");
    }
  }

  /** The settings whose names begin with the prefix, by their names without it. */
  static Map<String, String> settings(SparkConf conf, String prefix) {
    return Stream.of(conf.getAllWithPrefix(prefix))
        .collect(Collectors.toMap(Tuple2::_1, Tuple2::_2));
  }

  /** Where the application's web UI is, if it has one. */
  static Optional<String> uiAddress(SparkContext context) {
    Option<String> address = context.uiWebUrl();
    return address.isDefined() ? Optional.of(address.get()) : Optional.empty();
  }

  /** Scala's {@code Option} of a value, {@code None} of null. */
  static Object option(@Nullable Object value) {
    return Option.apply(value);
  }

  private static <T> Object scalaList(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }

  private record Chunks(scala.collection.Iterator<?> elements) implements Iterator<byte[]> {
    @Override
    public boolean hasNext() {
      return elements.hasNext();
    }

    @Override
    public byte[] next() {
      if (!elements.hasNext()) {
        throw new NoSuchElementException();
      }
      return (byte[]) elements.next();
    }
  }
}
