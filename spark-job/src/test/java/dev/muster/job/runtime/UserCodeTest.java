package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.TrialException;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UserCodeTest {
  private static final String OWNER = UserCodeTest.class.getName();

  private static Object call(Callable<@Nullable Object> call) {
    return UserCode.call("Cannot build trial: buildX()", OWNER, call);
  }

  @Test
  void exceptionIsToldWithItsPlaceAndKeptAsTheCause() {
    IOException thrown = new IOException("the disk is full.");
    assertThatThrownBy(
            () ->
                call(
                    () -> {
                      throw thrown;
                    }))
        .isInstanceOf(TrialException.class)
        .hasCause(thrown)
        .hasMessageMatching(
            "Cannot build trial: buildX\\(\\) threw java.io.IOException: the disk is full \\(at"
                + " dev.muster.job.runtime.UserCodeTest.\\S+\\(UserCodeTest.java:\\d+\\)\\)");
  }

  @Test
  void trialsOwnMessageIsKept() {
    assertThatThrownBy(
            () ->
                call(
                    () -> {
                      throw new TrialException("Cannot use it");
                    }))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot use it (at " + OWNER);
  }

  @Test
  void invalidHyperparameterKeepsItsType() {
    assertThatThrownBy(
            () ->
                call(
                    () -> {
                      throw new InvalidHyperparameterException("too deep");
                    }))
        .isInstanceOf(InvalidHyperparameterException.class)
        .hasMessage("too deep");
  }

  @Test
  void nullIsAFault() {
    assertThatThrownBy(() -> call(() -> null))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot build trial: buildX() returned null");
  }

  @Test
  void interruptIsNoFaultOfTheTrial() {
    assertThatThrownBy(
            () ->
                call(
                    () -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }
}
