package dev.muster.job.spark;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockResult;
import org.apache.spark.storage.RDDBlockId;
import scala.Option;
import scala.Tuple2;
import scala.reflect.ClassTag$;

/** The Scala types that sharding needs, and Spark's block manager. */
final class ShardScala {
  private ShardScala() {}

  /** The blocks behind their {@link ShardKey}s, in one partition for each bucket, sorted. */
  static JavaRDD<byte[]> sorted(JavaRDD<byte[]> blocks, int partitions) {
    return blocks
        .mapToPair(block -> new Tuple2<>(ShardKey.read(block).packed(), block))
        .repartitionAndSortWithinPartitions(new ShardPartitioner(partitions))
        .values();
  }

  /** Whether this JVM is driver and executor in one, where Spark does not repeat tasks. */
  static boolean isLocal() {
    return SparkEnv.get().executorId().equals("driver");
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
