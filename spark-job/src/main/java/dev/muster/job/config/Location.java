package dev.muster.job.config;

import java.util.Comparator;

/** Where a value stands; the order is the file's, then the command line's. Immutable. */
sealed interface Location {
  Comparator<Location> ORDER =
      Comparator.comparingInt(Location::line).thenComparingInt(Location::column);

  int line();

  int column();

  /** The problem of the value {@code key} that stands here. */
  Problem problem(String key, String message);

  /** A place in the experiment file; line and column count from 1. */
  record InFile(String file, int line, int column) implements Location {
    @Override
    public Problem problem(String key, String message) {
      return new Problem(file + ":" + line + ":" + column, key, message);
    }
  }

  /** The value of a {@code --config} option; its problems keep the order of the options. */
  record OnCommandLine(String option) implements Location {
    @Override
    public int line() {
      return Integer.MAX_VALUE;
    }

    @Override
    public int column() {
      return 0;
    }

    @Override
    public Problem problem(String key, String message) {
      boolean inside = !key.isEmpty() && !key.equals(option);
      return inside
          ? new Problem("--config " + option, key, message)
          : new Problem("--config", option, message);
    }
  }
}
