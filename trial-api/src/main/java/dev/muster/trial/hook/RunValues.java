package dev.muster.trial.hook;

import dev.muster.trial.TrialException;
import dev.muster.trial.metric.HeapTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;

/**
 * What one hook fetched with a batch. The tensors are heap copies: they stay as they are and may be
 * kept.
 */
public final class RunValues {
  private final Map<String, HeapTensor> values;

  /**
   * Values by the name of their output, such as {@code dense/BiasAdd:0}; Muster makes them.
   *
   * @param values heap copies
   */
  public RunValues(Map<String, HeapTensor> values) {
    this.values = new LinkedHashMap<>(values);
  }

  /**
   * The name under which an output is found.
   *
   * @param name of an op, whose first output is meant, or of an output
   */
  public static String outputName(String name) {
    return name.indexOf(':') < 0 ? name + ":0" : name;
  }

  /** The name under which an operand's output is found. */
  public static String outputName(Operand<?> operand) {
    Output<?> output = operand.asOutput();
    return output.op().name() + ":" + output.index();
  }

  /**
   * The value of an operand that the hook fetched in {@link SessionHook#beforeRun}.
   *
   * @throws TrialException if it did not
   */
  public HeapTensor value(Operand<?> operand) {
    return named(outputName(operand));
  }

  /** As {@link #value(Operand)}, by the name that was given to {@link RunContext#fetch(String)}. */
  public HeapTensor value(String name) {
    return named(outputName(name));
  }

  private HeapTensor named(String name) {
    HeapTensor value = values.get(name);
    if (value == null) {
      throw new TrialException(
          "Cannot read '"
              + name
              + "' in afterRun: the hook fetched "
              + values.keySet()
              + "; fetch it in beforeRun");
    }
    return value;
  }
}
