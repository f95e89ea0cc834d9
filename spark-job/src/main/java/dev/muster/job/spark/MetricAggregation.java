package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The second job of a validation: Spark's {@code aggregate} over the slots' states, which are
 * bytes. States carry their rank, so that the fold is in rank order whatever the order of
 * completion.
 */
final class MetricAggregation {
  private MetricAggregation() {}

  /**
   * The states in rank order.
   *
   * @param states by rank
   */
  static List<byte[]> gather(JavaSparkContext spark, List<byte[]> states) {
    List<byte[]> framed = new ArrayList<>();
    for (int rank = 0; rank < states.size(); rank++) {
      framed.add(framed(rank, states.get(rank)));
    }
    byte[] all =
        spark
            .parallelize(framed, framed.size())
            .setName("states of a validation")
            .aggregate(NONE, MetricAggregation::merge, MetricAggregation::merge);
    return List.copyOf(decode(all).values());
  }

  static final byte[] NONE = new byte[4];

  static byte[] framed(int rank, byte[] state) {
    WireWriter out = new WireWriter();
    out.writeInt(1);
    out.writeInt(rank);
    out.writeBlob(Blob.of(state));
    return out.toBytes();
  }

  static byte[] merge(byte[] left, byte[] right) {
    TreeMap<Integer, byte[]> merged = decode(left);
    merged.putAll(decode(right));
    WireWriter out = new WireWriter();
    out.writeInt(merged.size());
    merged.forEach(
        (rank, state) -> {
          out.writeInt(rank);
          out.writeBlob(Blob.of(state));
        });
    return out.toBytes();
  }

  static TreeMap<Integer, byte[]> decode(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    TreeMap<Integer, byte[]> states = new TreeMap<>();
    for (int count = in.readInt(); count > 0; count--) {
      states.put(in.readInt(), in.readBlob().bytes());
    }
    in.expectEnd();
    return states;
  }
}
