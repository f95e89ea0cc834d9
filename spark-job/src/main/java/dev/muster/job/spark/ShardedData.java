package dev.muster.job.spark;

import dev.muster.job.data.RecordLayout;
import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;

/**
 * An encoded data set: the driver's handle of its persisted RDD. Confined to the driver's thread.
 */
final class ShardedData implements AutoCloseable {
  private final String description;
  private final RecordLayout layout;
  private final JavaRDD<byte[]> chunks;
  private final ShardLocation location;

  private ShardedData(
      String description, RecordLayout layout, JavaRDD<byte[]> chunks, ShardLocation location) {
    this.description = description;
    this.layout = layout;
    this.chunks = chunks;
    this.location = location;
  }

  /** Computes and stores the chunks, or drops them when they have a fault. */
  static ShardedData materialize(
      String description,
      RecordLayout layout,
      JavaRDD<byte[]> chunks,
      long records,
      int logicalShards) {
    try {
      List<Long> checksums = checksums(description, layout, chunks);
      ShardLocation location =
          new ShardLocation(chunks.id(), records, logicalShards, layout.fingerprint(), checksums);
      return new ShardedData(description, layout, chunks, location);
    } catch (RuntimeException | Error e) {
      chunks.unpersist(false);
      throw e;
    }
  }

  private static List<Long> checksums(
      String description, RecordLayout layout, JavaRDD<byte[]> chunks) {
    List<Long> checksums = new ArrayList<>();
    for (byte[] bytes :
        chunks.mapPartitionsWithIndex(new ShardDigest(layout.stride()), true).collect()) {
      ShardReport report = ShardReport.decode(bytes);
      if (!report.fault().isEmpty()) {
        throw notDeterministic(description, report.fault());
      }
      checksums.add(report.checksum());
    }
    return checksums;
  }

  private static TrialException notDeterministic(String description, String fact) {
    return new TrialException(
        "Cannot encode data set '"
            + description
            + "': expected the same rows in the same order at each reading, found that "
            + fact
            + "; its source is not deterministic: sort its rows, or write them to files first");
  }

  /** Whether the executors still have all of it. */
  boolean isStored() {
    return Stream.of(chunks.context().getRDDStorageInfo())
        .anyMatch(info -> info.id() == chunks.id() && info.numCachedPartitions() >= partitions());
  }

  /**
   * Encodes again what no executor has any more.
   *
   * @throws TrialException when the source has come out different
   */
  void materializeAgain() {
    List<Long> checksums = checksums(description, layout, chunks);
    for (int partition = 0; partition < checksums.size(); partition++) {
      if (!checksums.get(partition).equals(location.checksums().get(partition))) {
        throw notDeterministic(
            description, "partition " + partition + " has other bytes than when it was encoded");
      }
    }
  }

  /** What executors need to fetch it. */
  ShardLocation location() {
    return location;
  }

  int rddId() {
    return location.rddId();
  }

  long records() {
    return location.records();
  }

  int partitions() {
    return location.partitions();
  }

  int logicalShards() {
    return location.logicalShards();
  }

  RecordLayout layout() {
    return layout;
  }

  /** Drops the stored chunks, without waiting. */
  @Override
  public void close() {
    chunks.unpersist(false);
  }
}
