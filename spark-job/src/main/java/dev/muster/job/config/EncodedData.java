package dev.muster.job.config;

/**
 * How much of the executors' local disks the encoded data may take up. Immutable.
 *
 * @param copies 1 or 2; with one, what an executor takes with it is encoded again; default 2
 * @param diskPercent of what is free, 1 to 100, that encoded data, the shuffle's files and the
 *     slots' own copies may take up; default 80
 */
public record EncodedData(int copies, int diskPercent) {
  /** What holds without a configuration. */
  public static final EncodedData DEFAULT = new EncodedData(2, 80);
}
