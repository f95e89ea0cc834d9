package dev.muster.job.runtime;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;

/**
 * What a variable is, beside its name.
 *
 * @param type of its elements
 * @param shape all of whose sizes are known
 */
record VariableType(DataType type, Shape shape) {
  /** What TensorFlow adds to a type's number for a reference to it. */
  private static final int REFERENCE = 100;

  /** The variables of a graph, sorted by name. */
  static Map<String, VariableType> of(ModelGraph model) {
    Map<String, VariableType> types = new TreeMap<>();
    model.variables().forEach((name, variable) -> types.put(name, of(variable)));
    return types;
  }

  private static VariableType of(Output<?> variable) {
    int number = variable.dataType().getNumber(); // of a reference, as the variable's output is
    int type = number > REFERENCE ? number - REFERENCE : number;
    return new VariableType(Objects.requireNonNull(DataType.forNumber(type)), variable.shape());
  }

  /**
   * How this one, found {@code here}, differs from another, e.g. {@code "has shape [784, 128] in
   * the checkpoint, [784, 256] in the graph"}; empty where they are equal.
   */
  String difference(String here, VariableType other, String there) {
    if (!shape.equals(other.shape)) {
      return "has shape %s in %s, %s in %s".formatted(shape, here, other.shape, there);
    }
    return type == other.type
        ? ""
        : "has type %s in %s, %s in %s".formatted(name(type), here, name(other.type), there);
  }

  private static String name(DataType type) {
    return type.name().replaceFirst("^DT_", "").toLowerCase(Locale.ROOT);
  }
}
