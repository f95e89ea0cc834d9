package dev.muster.job.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One mistake of a user, and what must come of it. {@code @WORK@} in any text stands for the
 * scenario's folder.
 *
 * @param name unique
 * @param exit the code
 * @param arguments of the command line
 * @param yaml the experiment file {@code NAME.yaml}, if it is not {@code good.yaml}
 * @param spark Spark's settings
 * @param bundles a class that is in a jar of the user's
 * @param says parts of the message
 */
record BadInput(
    String name,
    int exit,
    List<String> arguments,
    Optional<String> yaml,
    Map<String, String> spark,
    Optional<String> bundles,
    List<String> says) {

  /** {@code run good.yaml} with a fault of the trial's, which is found before anything trains. */
  static BadInput fault(String fault, String... says) {
    return config(fault, "hyperparameters.fault=" + fault, says);
  }

  /** {@code run good.yaml --config OVERRIDE}. */
  static BadInput config(String name, String override, String... says) {
    return command(name, List.of("run", "@WORK@/good.yaml", "--config", override), says);
  }

  static BadInput command(String name, List<String> arguments, String... says) {
    return new BadInput(
        name, 2, arguments, Optional.empty(), Map.of(), Optional.empty(), List.of(says));
  }

  /** The fault is found by a run, or ends the trial as a whole. */
  BadInput exits(int code) {
    return new BadInput(name, code, arguments, yaml, spark, bundles, says);
  }

  BadInput with(String... more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of(more));
    return new BadInput(name, exit, all, yaml, spark, bundles, says);
  }

  /** {@code run} of this file. */
  BadInput of(String text) {
    return new BadInput(
        name,
        exit,
        List.of("run", "@WORK@/" + name + ".yaml"),
        Optional.of(text),
        spark,
        bundles,
        says);
  }

  BadInput on(String key, String value) {
    Map<String, String> more = new java.util.LinkedHashMap<>(spark);
    more.put(key, value);
    return new BadInput(name, exit, arguments, yaml, more, bundles, says);
  }

  BadInput bundling(String className) {
    return new BadInput(name, exit, arguments, yaml, spark, Optional.of(className), says);
  }

  @Override
  public String toString() {
    return name;
  }
}
