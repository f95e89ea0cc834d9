package dev.muster.job.spark;

import java.util.List;

/**
 * What one slot found in the pre-flight. Crosses as the bytes of {@link #encode}.
 *
 * @param executorId Spark's name of its executor
 * @param address where its ring listener is, {@code host:port}
 * @param storageProblem what is wrong with the storage as this executor sees it; empty: nothing
 * @param links the links to others that do not work
 * @param clock the driver's clock against this host's
 * @param java the version of its JVM
 * @param hostProblems why TensorFlow cannot be loaded there; empty: it can
 * @param localDirectory where its local files go
 * @param freeBytes what is free there, -1 if unknown
 */
record ProbeReport(
    String executorId,
    String host,
    String address,
    String storageProblem,
    List<BrokenLink> links,
    ClockOffset clock,
    String java,
    List<String> hostProblems,
    String localDirectory,
    long freeBytes) {
  /** Another rank is not reached. */
  record BrokenLink(int peer, String fact) {}

  ProbeReport {
    links = List.copyOf(links);
    hostProblems = List.copyOf(hostProblems);
  }

  byte[] encode() {
    WireWriter out = new WireWriter();
    out.writeText(executorId);
    out.writeText(host);
    out.writeText(address);
    out.writeText(storageProblem);
    out.writeList(
        links,
        link -> {
          out.writeInt(link.peer());
          out.writeText(link.fact());
        });
    out.writeLong(clock.millis());
    out.writeLong(clock.roundTripMillis());
    out.writeText(java);
    out.writeList(hostProblems, out::writeText);
    out.writeText(localDirectory);
    out.writeLong(freeBytes);
    return out.toBytes();
  }

  /** The inverse of {@link #encode}. */
  static ProbeReport decode(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    ProbeReport report =
        new ProbeReport(
            in.readText(),
            in.readText(),
            in.readText(),
            in.readText(),
            in.readList(() -> new BrokenLink(in.readInt(), in.readText())),
            new ClockOffset(in.readLong(), in.readLong()),
            in.readText(),
            in.readList(in::readText),
            in.readText(),
            in.readLong());
    in.expectEnd();
    return report;
  }
}
