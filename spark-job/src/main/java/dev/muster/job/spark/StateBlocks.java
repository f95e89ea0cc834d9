package dev.muster.job.spark;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;

/**
 * Owns, on the driver, the blocks in which slots leave large metric states: those of a persisted
 * RDD that is never computed, so that Spark finds them on any executor and drops them with it.
 * Confined to the driver's thread.
 */
final class StateBlocks {
  private final JavaSparkContext spark;
  private JavaRDD<byte[]> rdd;

  StateBlocks(JavaSparkContext spark) {
    this.spark = spark;
    this.rdd = persisted(spark);
  }

  private static JavaRDD<byte[]> persisted(JavaSparkContext spark) {
    return spark
        .parallelize(List.<byte[]>of(), 1)
        .setName("large states of a validation")
        .persist(StorageLevel.DISK_ONLY());
  }

  /** The RDD whose blocks the slots may write. */
  int rddId() {
    return rdd.id();
  }

  /** Drops all blocks that were written. */
  void clear() {
    rdd.unpersist(false);
    rdd = persisted(spark);
  }
}
