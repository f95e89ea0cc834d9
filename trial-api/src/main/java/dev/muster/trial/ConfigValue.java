package dev.muster.trial;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A value of the experiment's configuration, read as the type that the trial needs. Immutable.
 *
 * @param name where it stands, for messages, e.g. {@code hyperparameters.learning_rate}
 * @param value a String, Long, Double, Boolean, List or Map
 */
public record ConfigValue(String name, Object value) {

  /** A number as a float. */
  public float asFloat() {
    return (float) asDouble();
  }

  /** A number as a double. */
  public double asDouble() {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw wrong("a number");
  }

  /** A whole number that fits an int. */
  public int asInt() {
    long whole = asLong();
    if (whole < Integer.MIN_VALUE || whole > Integer.MAX_VALUE) {
      throw wrong("a whole number of 32 bits");
    }
    return (int) whole;
  }

  /** A whole number. */
  public long asLong() {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    if (value instanceof Double number && number == Math.rint(number) && !number.isInfinite()) {
      return number.longValue();
    }
    throw wrong("a whole number");
  }

  /** True or false. */
  public boolean asBoolean() {
    if (value instanceof Boolean truth) {
      return truth;
    }
    throw wrong("true or false");
  }

  /** A text, number or truth value as text. */
  public String asString() {
    if (value instanceof List || value instanceof Map) {
      throw wrong("a text");
    }
    return value.toString();
  }

  private TrialException wrong(String expected) {
    return new TrialException(
        "Cannot read "
            + name
            + ": expected "
            + expected
            + ", found "
            + value.getClass().getSimpleName().toLowerCase(Locale.ROOT)
            + " "
            + value);
  }
}
