package dev.muster.job.spark;

import dev.muster.job.runtime.TrainReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a slot reports at the end of a workload. Crosses as the bytes of {@link #encode}. */
sealed interface SlotReport {
  /** The index of the workload in the leg. */
  int step();

  /** A training workload is done. */
  record Trained(int step, TrainReport report) implements SlotReport {}

  /** A validation is done: where the slot's states are, as {@link SlotStates} encodes it. */
  record Evaluated(int step, Blob states) implements SlotReport {}

  /** The slot's part of a checkpoint is staged: the encoded list of its files. */
  record Staged(int step, Blob files) implements SlotReport {}

  /** The slot's code asks the trial to stop: after this workload, whose report follows, if any. */
  record Stopping(int step) implements SlotReport {}

  /** The trial's hooks have ended in the slot. */
  record Ended(int step) implements SlotReport {}

  /** The bytes that cross. */
  default byte[] encode() {
    WireWriter out = new WireWriter();
    if (this instanceof Trained trained) {
      TrainReport report = trained.report();
      out.writeByte(1);
      out.writeInt(step());
      out.writeInt(report.batches());
      out.writeLong(report.batchesInAll());
      out.writeList(
          List.copyOf(report.metricSums().entrySet()),
          metric -> {
            out.writeText(metric.getKey());
            out.writeLong(Double.doubleToLongBits(metric.getValue()));
          });
      out.writeLong(report.examples());
      out.writeLong(report.nanos());
      out.writeFlag(report.stop());
    } else if (this instanceof Evaluated evaluated) {
      out.writeByte(2);
      out.writeInt(step());
      out.writeBlob(evaluated.states());
    } else if (this instanceof Staged staged) {
      out.writeByte(3);
      out.writeInt(step());
      out.writeBlob(staged.files());
    } else if (this instanceof Stopping) {
      out.writeByte(4);
      out.writeInt(step());
    } else if (this instanceof Ended) {
      out.writeByte(5);
      out.writeInt(step());
    }
    return out.toBytes();
  }

  /** The inverse of {@link #encode}. */
  static SlotReport decode(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    int kind = in.readByte();
    int step = in.readInt();
    SlotReport report =
        switch (kind) {
          case 1 ->
              new Trained(
                  step,
                  new TrainReport(
                      in.readInt(),
                      in.readLong(),
                      metricSums(in),
                      in.readLong(),
                      in.readLong(),
                      in.readFlag()));
          case 2 -> new Evaluated(step, in.readBlob());
          case 3 -> new Staged(step, in.readBlob());
          case 4 -> new Stopping(step);
          case 5 -> new Ended(step);
          default -> throw WireReader.broken("a report is of kind " + kind);
        };
    in.expectEnd();
    return report;
  }

  private static Map<String, Double> metricSums(WireReader in) {
    Map<String, Double> sums = new LinkedHashMap<>();
    in.readList(() -> Map.entry(in.readText(), Double.longBitsToDouble(in.readLong())))
        .forEach(metric -> sums.put(metric.getKey(), metric.getValue()));
    return sums;
  }
}
