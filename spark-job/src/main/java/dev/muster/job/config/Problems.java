package dev.muster.job.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong, so that all of it is reported at once. Confined to one reader. */
final class Problems {
  private record Located(Location at, Problem problem) {}

  private final List<Located> found = new ArrayList<>();

  void add(Location at, String key, String message) {
    found.add(new Located(at, at.problem(oneLine(key), oneLine(message))));
  }

  private static String oneLine(String text) {
    return text.replace("\r", "\\r").replace("\n", "\\n");
  }

  void throwIfAny() throws ConfigException {
    if (!found.isEmpty()) {
      throw new ConfigException(
          found.stream()
              .sorted(Comparator.comparing(Located::at, Location.ORDER))
              .map(Located::problem)
              .toList());
    }
  }
}
