package dev.muster.job.spark;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the slots try in the pre-flight. Crosses as the bytes of {@link #encode}.
 *
 * @param directory where the driver's probe is in the storage
 * @param nonce what the probe holds
 * @param hadoop the driver's settings for Hadoop
 */
record ProbeOrder(String directory, Blob nonce, Map<String, String> hadoop) {
  ProbeOrder {
    hadoop = Map.copyOf(hadoop);
  }

  byte[] encode() {
    WireWriter out = new WireWriter();
    out.writeText(directory);
    out.writeBlob(nonce);
    out.writeList(
        List.copyOf(hadoop.entrySet()),
        setting -> {
          out.writeText(setting.getKey());
          out.writeText(setting.getValue());
        });
    return out.toBytes();
  }

  /** The inverse of {@link #encode}. */
  static ProbeOrder decode(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    String directory = in.readText();
    Blob nonce = in.readBlob();
    Map<String, String> hadoop = new HashMap<>();
    in.readList(() -> Map.entry(in.readText(), in.readText()))
        .forEach(setting -> hadoop.put(setting.getKey(), setting.getValue()));
    in.expectEnd();
    return new ProbeOrder(directory, nonce, hadoop);
  }

  /** Without the settings, which may hold keys. */
  @Override
  public String toString() {
    return "ProbeOrder[" + directory + "]";
  }
}
