package dev.muster.job.spark;

import java.time.Duration;
import java.util.Locale;

/** What is said of an encoding while it runs. Confined to the thread that watches it. */
final class EncodingProgress {
  private final String what;
  private final int recordBytes;
  private Message.Encoded before = new Message.Encoded("", 0, 0, 0, 0);
  private Duration then = Duration.ZERO;

  EncodingProgress(String what, int recordBytes) {
    this.what = what;
    this.recordBytes = recordBytes;
  }

  /**
   * Where the encoding is, and how fast since the last line.
   *
   * @param told the records that all executors have been through
   * @param now from any origin
   */
  String line(Message.Encoded told, Duration now) {
    double seconds = then.isZero() ? 0 : now.minus(then).toNanos() / 1e9;
    String line =
        told.encoded() == 0 ? counting(told, seconds) : encoding(told, told.counted(), seconds);
    before = told;
    then = now;
    return line;
  }

  private String counting(Message.Encoded told, double seconds) {
    return "%s: %,d records counted%s"
        .formatted(what, told.counted(), rate(told.counted() - before.counted(), seconds));
  }

  /** Encoding and storing are two passes over the records, and take turns on the executors. */
  private String encoding(Message.Encoded told, long records, double seconds) {
    long both = Math.min(2 * records, told.encoded() + told.stored());
    long moved = both - Math.min(2 * records, before.encoded() + before.stored());
    String left =
        seconds == 0 || moved <= 0
            ? ""
            : ", about %,d s left"
                .formatted((long) Math.ceil((2 * records - both) / (moved / seconds)));
    return "%s: %d %% of %,d records encoded and stored%s%s"
        .formatted(what, 50 * both / Math.max(1, records), records, rate(moved / 2, seconds), left);
  }

  private String rate(long records, double seconds) {
    return seconds == 0
        ? ""
        : String.format(
            Locale.ROOT,
            ", %,.0f records and %.1f MB a second",
            records / seconds,
            records * (double) recordBytes / 1e6 / seconds);
  }
}
