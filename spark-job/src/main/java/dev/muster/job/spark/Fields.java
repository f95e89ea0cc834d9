package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;

/** The fields of a checkpoint's JSON files. */
final class Fields {
  private Fields() {}

  /**
   * A whole number.
   *
   * @throws IllegalArgumentException when there is none of this name
   */
  static long number(JsonNode json, String name) {
    JsonNode value = json.path(name);
    if (!value.canConvertToLong()) {
      throw new IllegalArgumentException(
          "expected a whole number '%s', found %s"
              .formatted(name, value.isMissingNode() ? "none" : value));
    }
    return value.longValue();
  }
}
