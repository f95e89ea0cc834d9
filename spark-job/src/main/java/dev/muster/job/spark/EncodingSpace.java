package dev.muster.job.spark;

import dev.muster.job.config.EncodedData;
import dev.muster.trial.TrialException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether the executors' local disks have room for an encoded data set: all copies of it, the
 * shuffle's files while it is encoded, and the slots' own files.
 */
final class EncodingSpace {
  private static final double MIB = 1 << 20;

  private EncodingSpace() {}

  /**
   * Refuses a data set that is too large, before anything is encoded.
   *
   * @param bytes of one copy
   * @param copies that are stored
   * @param disks of the executors that read the source, each host's disks counted once
   */
  static void check(
      String name, long records, long bytes, int copies, List<HostDisk> disks, EncodedData limit) {
    Map<String, Long> free = new HashMap<>();
    disks.stream()
        .filter(disk -> !disk.equals(HostDisk.UNKNOWN))
        .forEach(disk -> free.merge(disk.host(), disk.freeBytes(), Math::min));
    long all = free.values().stream().mapToLong(Long::longValue).sum();
    double needed = (double) bytes * (copies + 2);
    if (free.isEmpty() || needed <= all / 100.0 * limit.diskPercent()) {
      return;
    }
    throw new TrialException(
        String.format(
            Locale.ROOT,
            "Cannot encode data set '%s': its %,d records need %,.1f MiB of the executors' local disks (%d of the data: %s, the shuffle's files and the slots' own), expected at most %,.1f MiB, %d %% of the %,.1f MiB that are free on %d %s; free space there, add executors%s, or raise resources.data_disk_percent",
            name,
            records,
            needed / MIB,
            copies + 2,
            copies == 1 ? "one copy" : copies + " copies",
            all / MIB / 100 * limit.diskPercent(),
            limit.diskPercent(),
            all / MIB,
            free.size(),
            free.size() == 1 ? "host" : "hosts",
            copies == 1 ? "" : ", keep one copy (resources.data_copies: 1)"));
  }
}
