package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.collective.CollectiveException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FaultTest {
  private static TrialTesterBuilder slots(int slots) {
    return TrialTester.of(LinearTrial.class).hparam("global_batch_size", 4).slots(slots);
  }

  @Test
  void slotThatThrowsIsTheCauseAndEndsTheOthers() {
    RuntimeException failure = new IllegalStateException("made by the test");
    try (TrialTester tester = slots(3).faults(Fault.fail(1, 4, failure)).open()) {
      assertThat(tester.train(3).batches()).isEqualTo(3);
      assertThatThrownBy(() -> tester.train(5)).isSameAs(failure);
      assertThatThrownBy(tester::validate)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "Cannot validate: slot 1 failed before (made by the test); open a new tester");
    }
  }

  @Test
  void droppedLinkBreaksTheStep() {
    try (TrialTester tester = slots(2).faults(Fault.dropLink(0, 3)).open()) {
      assertThat(tester.train(2).batches()).isEqualTo(2);
      assertThatThrownBy(() -> tester.train(1)).isInstanceOf(CollectiveException.class);
    }
  }

  @Test
  void slowSlotHoldsUpTheOthersAndChangesNothing() {
    Duration pause = Duration.ofMillis(300);
    try (TrialTester slow = slots(2).faults(Fault.slow(1, 2, pause)).open();
        TrialTester quick = slots(2).open()) {
      long start = System.nanoTime();
      Training training = slow.train(3);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(pause);
      assertThat(training).isEqualTo(quick.train(3));
    }
  }

  @Test
  void callThatTakesTooLongSaysWhichSlotAndWhere() {
    try (TrialTester tester =
        slots(2)
            .faults(Fault.slow(1, 2, Duration.ofSeconds(9)))
            .limit(Duration.ofSeconds(6))
            .open()) {
      assertThatThrownBy(() -> tester.train(3))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("Cannot train within 6 s: slot 0 is at ")
          .hasMessageContaining("slot 1 is at dev.muster.testkit.TestSlots$Listener.happen");
    }
  }

  @Test
  void faultsOfSlotsThatAreNotThereAreRefused() {
    assertThatThrownBy(() -> slots(2).faults(Fault.dropLink(2, 1)).open())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the trial has 2 slots");
    assertThatThrownBy(() -> slots(1).faults(Fault.dropLink(0, 1)).open())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Fault.slow(0, 0, Duration.ZERO)).hasMessageContaining("found 0 and 0");
  }
}
