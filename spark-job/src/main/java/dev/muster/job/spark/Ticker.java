package dev.muster.job.spark;

/** A clock that only goes forward, as {@link System#nanoTime}. */
@FunctionalInterface
interface Ticker {
  long nanos();
}
