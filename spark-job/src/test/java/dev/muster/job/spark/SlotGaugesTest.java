package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The gauges of slots come, follow and go. */
class SlotGaugesTest {
  private final MetricRegistry registry = new MetricRegistry();
  private final SlotGauges gauges = new SlotGauges(registry);

  private Object value(String name) {
    return Objects.requireNonNull(registry.getGauges().get(name), name).getValue();
  }

  private static Vitals vitals(long steps) {
    return new Vitals(steps, 32 * steps, 100.5, 0.25, 1 << 20);
  }

  @Test
  void aSlotsGaugesShowItsLastVitals() {
    gauges.show("1", 0, vitals(3));
    gauges.show("1", 1, vitals(4));
    gauges.show("1", 1, vitals(5));

    assertThat(registry.getNames())
        .containsExactly(
            "slots",
            "trial_1.rank_0.examples",
            "trial_1.rank_0.examples_per_second",
            "trial_1.rank_0.loss",
            "trial_1.rank_0.resident_bytes",
            "trial_1.rank_0.steps",
            "trial_1.rank_1.examples",
            "trial_1.rank_1.examples_per_second",
            "trial_1.rank_1.loss",
            "trial_1.rank_1.resident_bytes",
            "trial_1.rank_1.steps");
    assertThat(value("slots")).isEqualTo(2);
    assertThat(value("trial_1.rank_0.steps")).isEqualTo(3L);
    assertThat(value("trial_1.rank_1.steps")).isEqualTo(5L);
    assertThat(value("trial_1.rank_1.examples")).isEqualTo(160L);
    assertThat(value("trial_1.rank_1.examples_per_second")).isEqualTo(100.5);
    assertThat(value("trial_1.rank_1.loss")).isEqualTo(0.25);
    assertThat(value("trial_1.rank_1.resident_bytes")).isEqualTo(1L << 20);
  }

  @Test
  void theGaugesOfATrialGoWithItAndThoseOfOthersStay() {
    gauges.show("1", 0, vitals(3));
    gauges.show("1", 30, 60);
    gauges.show("11", 0, vitals(7));
    assertThat(value("trial_1.batches")).isEqualTo(30L);
    assertThat(value("trial_1.progress")).isEqualTo(0.5);

    gauges.removeTrial("1");

    assertThat(registry.getNames()).noneMatch(name -> name.startsWith("trial_1."));
    assertThat(value("slots")).isEqualTo(1);
    assertThat(value("trial_11.rank_0.steps")).isEqualTo(7L);
    gauges.show("1", 0, vitals(1));
    assertThat(value("trial_1.rank_0.steps")).isEqualTo(1L);
  }

  @Test
  void aLegThatHasJustBegunShowsWhereTheLastOneEnded() {
    gauges.show("1", 0, vitals(3));
    gauges.show("1", 0, new Vitals(0, 0, 0, Double.NaN, 1 << 20));
    assertThat(value("trial_1.rank_0.steps")).isEqualTo(3L);
    assertThat(value("trial_1.rank_0.loss")).isEqualTo(0.25);
    assertThat(value("trial_1.rank_0.examples")).isEqualTo(0L);

    SlotMeter meter = new SlotMeter(() -> 0);
    meter.at(7);
    assertThat(meter.look().steps()).isEqualTo(7);
  }

  @Test
  void aSlotThatLeavesItsExecutorIsShownThereNoMore() {
    gauges.show("1", 1, vitals(3));
    gauges.show("1", 10, vitals(4));
    gauges.remove("1", 1);

    assertThat(registry.getNames()).hasSize(6).noneMatch(name -> name.contains("rank_1."));
  }

  @Test
  void aMeterTellsTheSpeedSinceTheLastLook() {
    AtomicLong now = new AtomicLong();
    SlotMeter meter = new SlotMeter(now::get);
    assertThat(meter.look().loss()).isNaN();

    meter.trained(11, 32, 0.5);
    meter.trained(12, 0, 99); // a batch without examples of this slot
    now.addAndGet(2_000_000_000L);
    Vitals training = meter.look();

    assertThat(training.steps()).isEqualTo(12);
    assertThat(training.examples()).isEqualTo(32);
    assertThat(training.examplesPerSecond()).isEqualTo(16.0);
    assertThat(training.loss()).isEqualTo(0.5);
    assertThat(training.residentBytes()).isGreaterThan(10 << 20);
    now.addAndGet(1_000_000_000L);
    assertThat(meter.look().examplesPerSecond()).isZero();
  }
}
