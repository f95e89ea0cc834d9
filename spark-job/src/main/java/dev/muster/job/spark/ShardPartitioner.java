package dev.muster.job.spark;

import org.apache.spark.Partitioner;
import org.jspecify.annotations.Nullable;

/** Sends a block to the partition that its packed key names. */
final class ShardPartitioner extends Partitioner {
  private static final long serialVersionUID = 1L;

  private final int partitions;

  ShardPartitioner(int partitions) {
    this.partitions = partitions;
  }

  @Override
  public int numPartitions() {
    return partitions;
  }

  @Override
  public int getPartition(Object key) {
    return ShardKey.unpack((Long) key).bucket();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ShardPartitioner that && that.partitions == partitions;
  }

  @Override
  public int hashCode() {
    return partitions;
  }
}
