package dev.muster.job.spark;

import java.util.concurrent.atomic.AtomicInteger;

/** A replica whose whole state is a sum. */
final class CountingReplica implements Resident {
  /** How many of this JVM are open. */
  static final AtomicInteger OPEN = new AtomicInteger();

  long total;
  long step;
  private boolean closed;

  CountingReplica() {
    OPEN.incrementAndGet();
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      OPEN.decrementAndGet();
    }
  }
}
