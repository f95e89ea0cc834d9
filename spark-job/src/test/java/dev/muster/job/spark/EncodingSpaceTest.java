package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.config.EncodedData;
import dev.muster.trial.TrialException;
import java.util.List;
import org.junit.jupiter.api.Test;

class EncodingSpaceTest {
  private static final long MIB = 1 << 20;

  /** Two executors on a; the disks of a host are shared, so the smaller figure counts. */
  private static final List<HostDisk> DISKS =
      List.of(
          new HostDisk("a", 600 * MIB),
          new HostDisk("a", 500 * MIB),
          HostDisk.UNKNOWN,
          new HostDisk("b", 500 * MIB));

  private static void check(long bytes, int copies, int percent) {
    EncodingSpace.check("x", 1_000, bytes, copies, DISKS, new EncodedData(copies, percent));
  }

  @Test
  void whatFitsIsTaken() {
    check(200 * MIB, 2, 80);
    check(300 * MIB, 1, 90);
    EncodingSpace.check("x", 1, Long.MAX_VALUE / 8, 2, List.of(), EncodedData.DEFAULT);
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheFigures() {
    assertThatThrownBy(() -> check(201 * MIB, 2, 80))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot encode data set 'x': its 1,000 records need 804.0 MiB of the executors' local"
                + " disks (4 of the data: 2 copies, the shuffle's files and the slots' own),"
                + " expected at most 800.0 MiB, 80 % of the 1,000.0 MiB that are free on 2 hosts;"
                + " free space there, add executors, keep one copy (resources.data_copies: 1), or"
                + " raise resources.data_disk_percent");
    assertThatThrownBy(() -> check(300 * MIB + 1, 1, 90))
        .hasMessageContaining("(3 of the data: one copy, the")
        .hasMessageContaining("free space there, add executors, or raise");
  }
}
