package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Time;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ClockOffsetTest {
  private static final long HERE = 1_764_000_000_000L;
  private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(HERE), ZoneOffset.UTC);

  private final AtomicLong nanos = new AtomicLong();

  private ClockOffset measure(long driverAhead, long... roundTrips)
      throws IOException, InterruptedException {
    AtomicLong question = new AtomicLong();
    try (Asker asker =
        new Asker(
            message -> {
              long roundTrip = roundTrips[(int) question.getAndIncrement()];
              nanos.addAndGet(roundTrip * 1_000_000);
              return Wire.encode(new Time(HERE + driverAhead + roundTrip / 2));
            })) {
      return ClockOffset.measure(asker, CLOCK, nanos::get);
    }
  }

  @Test
  void halfTheRoundTripIsTakenOff() throws Exception {
    assertThat(measure(0, 10, 10, 10, 10, 10)).isEqualTo(new ClockOffset(0, 10));
    assertThat(measure(45_000, 10, 10, 10, 10, 10)).isEqualTo(new ClockOffset(45_000, 10));
    assertThat(measure(-45_000, 10, 10, 10, 10, 10)).isEqualTo(new ClockOffset(-45_000, 10));
  }

  @Test
  void theQuickestAnswerCounts() throws Exception {
    assertThat(measure(7, 900, 40, 2, 30, 60)).isEqualTo(new ClockOffset(7, 2));
  }

  @Test
  void anAnswerThatIsNoTimeIsAFailure() {
    try (Asker asker = new Asker(message -> Wire.encode(new Go(false)))) {
      assertThatThrownBy(() -> ClockOffset.measure(asker, CLOCK, nanos::get))
          .isInstanceOf(IOException.class)
          .hasMessage("Cannot compare the clocks: the driver does not tell the time");
    }
  }
}
