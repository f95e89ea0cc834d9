package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.TFloat32;

/** The ops that an operand is computed from, with the edges between them; control edges not. */
final class GraphWalk {
  /** Gradients end here. */
  private static final Set<String> STOPS = Set.of("StopGradient", "PreventGradient");

  /** By op, in the order in which they were met, the ops that use it. */
  private final Map<GraphOperation, Set<GraphOperation>> users;

  private GraphWalk(Map<GraphOperation, Set<GraphOperation>> users) {
    this.users = users;
  }

  /** All edges. */
  static GraphWalk from(Operand<?> end) {
    return from(end, (user, input) -> true);
  }

  /** The edges that a gradient goes back through: of floating type, and not stopped. */
  static GraphWalk ofGradients(Operand<?> end) {
    return from(
        end, (user, input) -> !STOPS.contains(user.type()) && isFloating(input.dataType().name()));
  }

  private static boolean isFloating(String type) {
    return type.startsWith("DT_FLOAT")
        || type.startsWith("DT_DOUBLE")
        || type.startsWith("DT_HALF")
        || type.startsWith("DT_BFLOAT16")
        || type.startsWith("DT_COMPLEX");
  }

  private static GraphWalk from(Operand<?> end, BiPredicate<GraphOperation, Output<?>> follows) {
    Map<GraphOperation, Set<GraphOperation>> users = new LinkedHashMap<>();
    Deque<GraphOperation> open = new ArrayDeque<>();
    GraphOperation last = (GraphOperation) end.asOutput().op();
    users.put(last, new LinkedHashSet<>());
    open.add(last);
    while (!open.isEmpty()) {
      GraphOperation user = open.remove();
      for (int i = 0; i < user.numInputs(); i++) {
        Output<?> input = user.input(i);
        if (follows.test(user, input)) {
          GraphOperation op = (GraphOperation) input.op();
          if (!users.containsKey(op)) {
            users.put(op, new LinkedHashSet<>());
            open.add(op);
          }
          users.get(op).add(user);
        }
      }
    }
    return new GraphWalk(users);
  }

  Set<GraphOperation> ops() {
    return users.keySet();
  }

  boolean has(Output<?> output) {
    return users.containsKey((GraphOperation) output.op());
  }

  /** The ops that use this one. */
  Set<GraphOperation> users(GraphOperation op) {
    return users.getOrDefault(op, Set.of());
  }

  /** These outputs' ops and all that are computed from them. */
  Set<GraphOperation> above(Collection<? extends Output<?>> outputs) {
    Set<GraphOperation> met = new LinkedHashSet<>();
    Deque<GraphOperation> open = new ArrayDeque<>();
    for (Output<?> output : outputs) {
      GraphOperation op = (GraphOperation) output.op();
      if (users.containsKey(op) && met.add(op)) {
        open.add(op);
      }
    }
    while (!open.isEmpty()) {
      for (GraphOperation user : users(open.remove())) {
        if (met.add(user)) {
          open.add(user);
        }
      }
    }
    return met;
  }

  /** The names of the variables that this op is computed from. */
  List<String> variablesBelow(GraphOperation op, Map<String, Output<TFloat32>> variables) {
    List<String> names = new ArrayList<>();
    variables.forEach(
        (name, variable) -> {
          if (above(List.of(variable)).contains(op)) {
            names.add(name);
          }
        });
    return names;
  }

  /** Refuses a learning rate that cannot be read between steps. */
  static void refuseInputs(Operand<TFloat32> rate) {
    for (GraphOperation op : from(rate).ops()) {
      if (op.type().equals("Placeholder") || op.type().startsWith("QueueDequeue")) {
        throw new TrialException(
            "Cannot use learning rate '"
                + rate.asOutput().op().name()
                + "': it depends on '"
                + op.name()
                + "', which has a value only while a batch is trained; compute it from variables"
                + " and the global step");
      }
    }
  }
}
