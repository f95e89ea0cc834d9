package dev.muster.job.runtime;

import dev.muster.trial.hook.RunValues;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;

/**
 * What one run fetches, and where each is in the result. TensorFlow Java refuses to fetch an output
 * twice, and several users may want the same one.
 */
final class Fetches {
  private final Map<String, Output<?>> outputs = new LinkedHashMap<>();
  private final Map<String, Integer> indices = new LinkedHashMap<>();

  Fetches() {}

  /** The same fetches, to be added to. */
  Fetches(Fetches others) {
    outputs.putAll(others.outputs);
    indices.putAll(others.indices);
  }

  /** Adds one, if it is not there. */
  void add(Operand<?> operand) {
    String name = RunValues.outputName(operand);
    if (!indices.containsKey(name)) {
      indices.put(name, outputs.size());
      outputs.put(name, operand.asOutput());
    }
  }

  /** Its index in the result. */
  int index(Operand<?> operand) {
    Integer index = indices.get(RunValues.outputName(operand));
    if (index == null) {
      throw new IllegalArgumentException(RunValues.outputName(operand) + " is not fetched");
    }
    return index;
  }

  void addTo(Session.Runner runner) {
    outputs.values().forEach(runner::fetch);
  }
}
