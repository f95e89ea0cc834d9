package dev.muster.job.spark;

import dev.muster.job.runtime.TrainReport;

/** What a slot reports at the end of a workload. Crosses as the bytes of {@link #encode}. */
sealed interface SlotReport {
  /** The index of the workload in the leg. */
  int step();

  /** A training workload is done. */
  record Trained(int step, TrainReport report) implements SlotReport {}

  /** A validation is done: the encoded states of the metrics. */
  record Evaluated(int step, Blob states) implements SlotReport {}

  /** The slot's part of a checkpoint is staged: the encoded list of its files. */
  record Staged(int step, Blob files) implements SlotReport {}

  /** The bytes that cross. */
  default byte[] encode() {
    WireWriter out = new WireWriter();
    if (this instanceof Trained trained) {
      TrainReport report = trained.report();
      out.writeByte(1);
      out.writeInt(step());
      out.writeInt(report.batches());
      out.writeLong(report.batchesInAll());
      out.writeLong(Double.doubleToLongBits(report.lossSum()));
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
                      Double.longBitsToDouble(in.readLong()),
                      in.readLong(),
                      in.readLong(),
                      in.readFlag()));
          case 2 -> new Evaluated(step, in.readBlob());
          case 3 -> new Staged(step, in.readBlob());
          default -> throw WireReader.broken("a report is of kind " + kind);
        };
    in.expectEnd();
    return report;
  }
}
