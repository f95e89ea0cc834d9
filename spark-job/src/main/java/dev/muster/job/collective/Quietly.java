package dev.muster.job.collective;

import java.io.Closeable;
import java.io.IOException;
import org.slf4j.Logger;

/** Closes what nobody will use again; a failure to close is only worth a line. */
final class Quietly {
  private Quietly() {}

  static void close(Closeable closeable, Logger log) {
    try {
      closeable.close();
    } catch (IOException e) {
      log.debug("{} failed to close", closeable, e);
    }
  }
}
