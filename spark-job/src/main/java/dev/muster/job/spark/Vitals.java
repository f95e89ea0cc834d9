package dev.muster.job.spark;

/**
 * How a slot does, once a second, for Spark's metrics.
 *
 * @param steps the batches trained since the trial began
 * @param examples trained by this slot since it took its seat
 * @param examplesPerSecond of this slot since the last look; 0 while it does not train
 * @param loss of its last batch; NaN before the first
 * @param residentBytes of the process that the slot is in, with TensorFlow's memory; 0 if unknown
 */
record Vitals(
    long steps, long examples, double examplesPerSecond, double loss, long residentBytes) {
  static final Vitals NONE = new Vitals(0, 0, 0, Double.NaN, 0);

  /** These, with what the slot of a leg that has just begun does not know yet from those before. */
  Vitals after(Vitals before) {
    return new Vitals(
        steps == 0 ? before.steps : steps,
        examples,
        examplesPerSecond,
        Double.isNaN(loss) ? before.loss : loss,
        residentBytes);
  }

  void write(WireWriter out) {
    out.writeLong(steps);
    out.writeLong(examples);
    out.writeLong(Double.doubleToLongBits(examplesPerSecond));
    out.writeLong(Double.doubleToLongBits(loss));
    out.writeLong(residentBytes);
  }

  static Vitals read(WireReader in) {
    return new Vitals(
        in.readLong(),
        in.readLong(),
        Double.longBitsToDouble(in.readLong()),
        Double.longBitsToDouble(in.readLong()),
        in.readLong());
  }
}
