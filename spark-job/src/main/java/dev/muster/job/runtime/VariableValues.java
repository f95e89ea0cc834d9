package dev.muster.job.runtime;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** Reads and sets all variables of a graph in one run each. Confined to the slot's thread. */
final class VariableValues {
  private final Map<String, Output<?>> variables;
  private final Map<String, Operand<?>> values = new LinkedHashMap<>();
  private final Op assignAll;

  /** Adds the ops; before the graph's first run. */
  VariableValues(ModelGraph model) {
    this.variables = model.variables();
    Ops tf = Ops.create(model.graph()).withSubScope("muster_assign");
    List<Op> assigns = new ArrayList<>();
    variables.forEach((name, variable) -> assigns.add(assign(tf, name, variable)));
    assignAll = tf.withControlDependencies(assigns).noOp();
  }

  private <T extends TType> Op assign(Ops tf, String name, Output<T> variable) {
    Placeholder<T> value = tf.placeholder(variable.type(), Placeholder.shape(variable.shape()));
    values.put(name, value);
    return tf.assign(variable, value);
  }

  /** The names, sorted. */
  List<String> names() {
    return List.copyOf(variables.keySet());
  }

  /** The variable of this name. */
  Output<?> variable(String name) {
    return java.util.Objects.requireNonNull(variables.get(name), name);
  }

  /**
   * The values of these variables, in their order. They alias the variables: to be closed, and to
   * be used up before the next training step.
   */
  Result read(Session session, List<String> names) {
    Session.Runner runner = session.runner();
    names.forEach(name -> runner.fetch(variable(name)));
    return runner.run();
  }

  /** Copies of all float32 variables, by name. */
  Map<String, float[]> floats(Session session) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    for (String name : names()) {
      if (variable(name).type().equals(TFloat32.class)) {
        try (Result value = read(session, List.of(name))) {
          copies.put(name, HeapCopies.copy(name, value.get(0)).floats());
        }
      }
    }
    return copies;
  }

  /** Sets all variables. */
  void assign(Session session, Map<String, ? extends Tensor> newValues) {
    if (!newValues.keySet().equals(values.keySet())) {
      throw new IllegalArgumentException(
          "Cannot set variables: expected "
              + values.keySet()
              + ", found "
              + new TreeSet<>(newValues.keySet()));
    }
    Session.Runner runner = session.runner();
    values.forEach(
        (name, placeholder) ->
            runner.feed(placeholder, java.util.Objects.requireNonNull(newValues.get(name))));
    runner.addTarget(assignAll).run().close();
  }

  /** A digest of the names, types and shapes: equal in all slots of a trial. */
  byte[] fingerprint() {
    StringBuilder text = new StringBuilder();
    variables.forEach(
        (name, variable) ->
            text.append(name)
                .append(' ')
                .append(variable.dataType())
                .append(' ')
                .append(variable.shape())
                .append('\n'));
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(text.toString().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
