package dev.muster.benchmarks;

import java.util.List;

/**
 * What every contender does: so many steps of the network.
 *
 * @param name in the table
 * @param batch the records of a step, per slot
 * @param unit the steps between two reports of Muster's
 * @param warmUp the steps before the clock starts, whole units
 * @param timed the steps that count, whole units
 */
record Work(String name, int batch, int unit, int warmUp, int timed) {
  static final List<Work> ALL =
      List.of(new Work("b64", 64, 50, 150, 400), new Work("b512", 512, 20, 60, 120));

  static Work of(String name) {
    return ALL.stream()
        .filter(work -> work.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot run work '%s': expected one of %s"
                        .formatted(name, ALL.stream().map(Work::name).toList())));
  }
}
