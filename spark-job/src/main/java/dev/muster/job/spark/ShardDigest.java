package dev.muster.job.spark;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.spark.api.java.function.Function2;

/** Reads a partition of chunks to its end and reports its records and checksum, or its fault. */
final class ShardDigest implements Function2<Integer, Iterator<byte[]>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;

  private final int stride;

  ShardDigest(int stride) {
    this.stride = stride;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<byte[]> chunks) {
    CRC32C checksum = new CRC32C();
    long bytes = 0;
    String fault = "";
    while (chunks.hasNext()) {
      byte[] chunk = chunks.next();
      if (chunk.length == 0) {
        fault = new String(chunks.next(), StandardCharsets.UTF_8);
      } else {
        checksum.update(chunk);
        bytes += chunk.length;
      }
    }
    ShardReport report =
        new ShardReport(partition, bytes / stride, checksum.getValue(), fault, false);
    return List.of(report.encode()).iterator();
  }
}
