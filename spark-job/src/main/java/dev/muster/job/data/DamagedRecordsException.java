package dev.muster.job.data;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Records that are not those that were encoded: cut off, or with other bytes. */
public final class DamagedRecordsException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedRecordsException(@Nullable String message) {
    super(message);
  }
}
