package dev.muster.job.config;

import java.util.List;
import java.util.Map;

/** A parsed value that knows where it stands. */
sealed interface Tree {
  Location at();

  /** What a message says was found. */
  String found();

  /** A single value: Long, Double, Boolean or String. */
  record Scalar(Location at, Object value) implements Tree {
    @Override
    public String found() {
      if (value instanceof Long) {
        return "integer " + value;
      }
      if (value instanceof Double) {
        return "number " + value;
      }
      return value instanceof Boolean ? "boolean " + value : "string '" + value + "'";
    }
  }

  /** A key without a value, or an explicit null. */
  record Nothing(Location at) implements Tree {
    @Override
    public String found() {
      return "nothing";
    }
  }

  /** A list. */
  record Items(Location at, List<Tree> values) implements Tree {
    @Override
    public String found() {
      return "a list";
    }
  }

  /** A map; {@code fields} is in the file's order and mutable, for overrides. */
  record Fields(Location at, Map<String, Field> fields) implements Tree {
    @Override
    public String found() {
      return "a map";
    }
  }

  /** A value whose problem has been reported already: readers pass over it in silence. */
  record Invalid(Location at) implements Tree {
    @Override
    public String found() {
      return "an invalid value";
    }
  }

  /** A map's entry, with the place of its key. */
  record Field(Location keyAt, Tree value) {}
}
