package dev.muster.job.spark;

import dev.muster.job.data.RecordLayout;
import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An encoded data set: the driver's handle of its persisted RDD. Confined to the driver's thread.
 */
final class ShardedData implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardedData.class);

  private final String description;
  private final RecordLayout layout;
  private final JavaRDD<byte[]> chunks;
  private final long encoding;
  private final long bytes;
  private ShardLocation location;
  private List<ShardHash> hashes;
  private boolean distrusted;

  private ShardedData(
      String description,
      RecordLayout layout,
      JavaRDD<byte[]> chunks,
      long encoding,
      long bytes,
      ShardLocation location,
      List<ShardHash> hashes) {
    this.encoding = encoding;
    this.bytes = bytes;
    this.description = description;
    this.layout = layout;
    this.chunks = chunks;
    this.location = location;
    this.hashes = hashes;
  }

  /**
   * Computes and stores the chunks, or drops them when they have a fault.
   *
   * @param encoding its number, under which tasks count
   */
  static ShardedData materialize(
      String description,
      RecordLayout layout,
      JavaRDD<byte[]> chunks,
      long encoding,
      long records,
      long bytes,
      int logicalShards) {
    try {
      List<ShardReport> reports = reports(description, layout, chunks, encoding, logicalShards);
      ShardLocation location =
          new ShardLocation(
              chunks.id(), records, logicalShards, layout.fingerprint(), checksums(reports));
      return new ShardedData(
          description, layout, chunks, encoding, bytes, location, hashes(reports));
    } catch (RuntimeException | Error e) {
      chunks.unpersist(false);
      throw e;
    }
  }

  /** Reads all partitions, which encodes what is not stored. */
  private static List<ShardReport> reports(
      String description,
      RecordLayout layout,
      JavaRDD<byte[]> chunks,
      long encoding,
      int logicalShards) {
    int shards = logicalShards / chunks.getNumPartitions();
    List<ShardReport> reports = new ArrayList<>();
    for (byte[] bytes :
        chunks
            .mapPartitionsWithIndex(new ShardDigest(layout.frame(), shards, encoding), true)
            .collect()) {
      ShardReport report = ShardReport.decode(bytes);
      if (!report.fault().isEmpty()) {
        throw notDeterministic(description, report.fault());
      }
      reports.add(report);
    }
    return reports;
  }

  private static List<Long> checksums(List<ShardReport> reports) {
    return reports.stream().map(ShardReport::checksum).toList();
  }

  /** By logical shard: the m-th of partition p of P is shard p + m * P. */
  private static List<ShardHash> hashes(List<ShardReport> reports) {
    List<ShardHash> hashes = new ArrayList<>();
    for (int place = 0; place < reports.get(0).hashes().size(); place++) {
      for (ShardReport report : reports) {
        hashes.add(report.hashes().get(place));
      }
    }
    return hashes;
  }

  private static TrialException notDeterministic(String description, String fact) {
    return new TrialException(
        "Cannot encode data set '"
            + description
            + "': expected the same rows in the same order at each reading, found that "
            + fact
            + "; its source is not deterministic: sort its rows, or write them to files first");
  }

  /** Names a logical shard whose records are others than they were. */
  static String differs(int shard, int logicalShards, long records) {
    String its =
        LongStream.iterate(shard, record -> record < records, record -> record + logicalShards)
            .limit(3)
            .mapToObj(Long::toString)
            .collect(Collectors.joining(", "));
    return "logical shard %d of %d (records %s%s) has other bytes than before"
        .formatted(shard, logicalShards, its, shard + 3L * logicalShards < records ? ", …" : "");
  }

  /** What is stored may be gone or damaged, though Spark does not know. */
  void distrust() {
    distrusted = true;
  }

  /** Whether the executors still have all of it, as far as is known. */
  boolean isStored() {
    return !distrusted
        && Stream.of(chunks.context().getRDDStorageInfo())
            .anyMatch(
                info -> info.id() == chunks.id() && info.numCachedPartitions() >= partitions());
  }

  /**
   * Encodes again what no executor has any more, or all of it where what is stored is distrusted,
   * or differs from what was encoded at first: that may be the disk's fault and not the source's.
   *
   * @param acceptChanged whether other records are taken for those that were there before, as long
   *     as they are as many
   * @throws TrialException when the source has come out different
   */
  void materializeAgain(boolean acceptChanged) {
    if (distrusted) {
      drop();
    }
    List<ShardReport> reports = reports(description, layout, chunks, encoding, logicalShards());
    if (!hashes(reports).equals(hashes) && !distrusted) {
      drop();
      reports = reports(description, layout, chunks, encoding, logicalShards());
    }
    List<ShardHash> found = hashes(reports);
    for (int shard = 0; shard < found.size(); shard++) {
      if (!found.get(shard).equals(hashes.get(shard))) {
        accept(differs(shard, logicalShards(), records()), acceptChanged);
        location = location.with(checksums(reports));
        hashes = found;
      }
    }
    distrusted = false;
  }

  private void drop() {
    StorageLevel level = chunks.getStorageLevel();
    chunks.unpersist(true);
    chunks.persist(level);
  }

  private void accept(String change, boolean acceptChanged) {
    if (!acceptChanged) {
      throw notDeterministic(description, change);
    }
    LOG.warn("Data set {} has changed, which is accepted: {}", description, change);
  }

  /** The SHA-256 of each logical shard. */
  List<ShardHash> hashes() {
    return hashes;
  }

  /** What executors need to fetch it. */
  ShardLocation location() {
    return location;
  }

  int rddId() {
    return location.rddId();
  }

  /** The bytes of one copy. */
  long bytes() {
    return bytes;
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
