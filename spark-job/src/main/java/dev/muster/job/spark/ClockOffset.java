package dev.muster.job.spark;

import dev.muster.job.spark.Message.AskTime;
import dev.muster.job.spark.Message.Time;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How much the driver's clock is ahead of this host's.
 *
 * @param millis below 0: the driver's is behind; wrong by at most half of the round trip
 * @param roundTripMillis of the question
 */
record ClockOffset(long millis, long roundTripMillis) {
  private static final int QUESTIONS = 5;
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  /** Asks the driver several times: the quickest answer is the most exact one. */
  static ClockOffset measure(Asker asker, Clock clock, Ticker ticker)
      throws IOException, InterruptedException {
    @Nullable ClockOffset best = null;
    for (int question = 0; question < QUESTIONS; question++) {
      long here = clock.millis();
      long start = ticker.nanos();
      if (!(asker.ask(new AskTime(), DEADLINE) instanceof Time there)) {
        throw new IOException("Cannot compare the clocks: the driver does not tell the time");
      }
      long roundTrip = TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - start);
      if (best == null || roundTrip < best.roundTripMillis) {
        best = new ClockOffset(there.epochMillis() - (here + roundTrip / 2), roundTrip);
      }
    }
    return Objects.requireNonNull(best);
  }
}
