package dev.muster.job.spark;

import dev.muster.job.data.RecordFrame;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.spark.api.java.function.Function2;

/**
 * Reads a partition of chunks to its end and reports its records, its checksum and the hashes of
 * its logical shards, or its fault. Record j of partition p of P is in shard {@code p + (j mod L/P)
 * * P}.
 */
final class ShardDigest implements Function2<Integer, Iterator<byte[]>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;

  private final RecordFrame frame;
  private final int shards;
  private final long encoding;

  /**
   * A digest.
   *
   * @param shards the logical shards of a partition, L / P
   * @param encoding its number
   */
  ShardDigest(RecordFrame frame, int shards, long encoding) {
    this.encoding = encoding;
    this.frame = frame;
    this.shards = shards;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<byte[]> chunks) {
    CRC32C checksum = new CRC32C();
    List<MessageDigest> digests =
        IntStream.range(0, shards).mapToObj(shard -> ShardHash.digest()).toList();
    long records = 0;
    EncodingMeter.Task meter = EncodingMeter.task(encoding, EncodingMeter.Phase.STORED);
    while (chunks.hasNext()) {
      byte[] chunk = chunks.next();
      if (chunk.length == 0) {
        String fault = new String(chunks.next(), StandardCharsets.UTF_8);
        return List.of(ShardReport.faulty(partition, records, fault, false).encode()).iterator();
      }
      checksum.update(chunk);
      for (int at = 0; at < chunk.length; records++) {
        int length = frame.recordBytes(chunk, at);
        digests.get((int) (records % shards)).update(chunk, at, length);
        at += length;
        meter.record();
      }
    }
    meter.close();
    List<ShardHash> hashes = digests.stream().map(ShardHash::of).toList();
    return Stream.of(ShardReport.stored(partition, records, checksum.getValue(), hashes).encode())
        .iterator();
  }
}
