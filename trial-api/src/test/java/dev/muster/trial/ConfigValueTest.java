package dev.muster.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigValueTest {
  private static ConfigValue value(Object value) {
    return new ConfigValue("hyperparameters.x", value);
  }

  @Test
  void numbersAreReadAsAnyNumberThatHoldsThem() {
    assertThat(value(3L).asInt()).isEqualTo(3);
    assertThat(value(3L).asFloat()).isEqualTo(3f);
    assertThat(value(1e3).asLong()).isEqualTo(1000L);
    assertThat(value(0.25).asDouble()).isEqualTo(0.25);
    assertThat(value(true).asBoolean()).isTrue();
    assertThat(value(0.5).asString()).isEqualTo("0.5");
  }

  @Test
  void wrongTypeNamesKeyExpectedAndFound() {
    assertThatThrownBy(value("many")::asInt)
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot read hyperparameters.x: expected a whole number, found string many");
    assertThatThrownBy(value(0.5)::asInt).hasMessageEndingWith("a whole number, found double 0.5");
    assertThatThrownBy(value(1L << 40)::asInt).hasMessageContaining("a whole number of 32 bits");
    assertThatThrownBy(value(Double.POSITIVE_INFINITY)::asLong)
        .hasMessageContaining("a whole number");
    assertThatThrownBy(value("yes")::asBoolean).hasMessageContaining("expected true or false");
    assertThatThrownBy(value(List.of(1L))::asString).hasMessageContaining("expected a text");
    assertThatThrownBy(value(true)::asDouble).hasMessageContaining("expected a number");
  }
}
