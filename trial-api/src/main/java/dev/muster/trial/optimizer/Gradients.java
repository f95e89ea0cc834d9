package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Unique;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * The gradients of a loss. A table that the loss reaches through lookups alone gets gradients of
 * the rows that were looked up: TensorFlow's own would be as large as the table.
 */
final class Gradients {
  private static final Logger LOG = LoggerFactory.getLogger(Gradients.class);

  private final Graph graph;
  private final Ops tf;
  private final Variables variables;

  Gradients(Graph graph, Variables variables) {
    this.graph = graph;
    this.tf = Ops.create(graph).withSubScope("muster_gradients");
    this.variables = variables;
  }

  List<GradientAndVariable> of(Operand<TFloat32> loss, Collection<String> names) {
    Map<String, Output<TFloat32>> chosen = chosen(names);
    GraphWalk edges = GraphWalk.ofGradients(loss);
    GradientCheck.check(loss, edges, chosen);
    Set<GraphOperation> between = edges.above(chosen.values());
    GradientMend.before(graph, tf, between);
    Map<String, List<Variables.Lookup>> tables = tables(edges, chosen);
    List<Output<TFloat32>> inputs = new ArrayList<>();
    chosen.forEach(
        (name, variable) -> {
          if (tables.containsKey(name)) {
            tables.get(name).forEach(lookup -> inputs.add(lookup.rows()));
          } else if (edges.has(variable)) {
            inputs.add(variable);
          }
        });
    Map<Output<TFloat32>, Operand<TFloat32>> found = add(loss, inputs);
    List<GradientAndVariable> pairs = new ArrayList<>();
    List<String> without = new ArrayList<>();
    chosen.forEach(
        (name, variable) -> {
          if (tables.containsKey(name)
              && tables.get(name).stream().anyMatch(l -> found.containsKey(l.rows()))) {
            pairs.add(ofRows(variable, tables.get(name), found));
          } else if (found.containsKey(variable)) {
            pairs.add(new GradientAndVariable(found.get(variable), variable));
          } else {
            without.add(name);
          }
        });
    report(loss, without, pairs);
    return pairs;
  }

  private Map<String, Output<TFloat32>> chosen(Collection<String> names) {
    Map<String, Output<TFloat32>> trainable = variables.trainable();
    if (trainable.isEmpty()) {
      throw new TrialException(
          "Cannot compute gradients: the model has no trainable variable; create them by layers() or"
              + " variable() of the model's scope");
    }
    Set<String> unknown = new TreeSet<>(names);
    unknown.removeAll(trainable.keySet());
    if (!unknown.isEmpty() || names.isEmpty()) {
      throw new TrialException(
          "Cannot compute gradients with respect to "
              + (names.isEmpty() ? "no variable" : unknown)
              + ": the trainable variables are "
              + trainable.keySet());
    }
    Map<String, Output<TFloat32>> chosen = new LinkedHashMap<>(trainable);
    chosen.keySet().retainAll(new HashSet<>(names));
    return chosen;
  }

  /** The lookups of each table that the loss reaches by lookups alone. */
  private Map<String, List<Variables.Lookup>> tables(
      GraphWalk edges, Map<String, Output<TFloat32>> chosen) {
    Map<String, List<Variables.Lookup>> tables = new LinkedHashMap<>();
    for (Variables.Lookup lookup : variables.lookups()) {
      if (chosen.containsKey(lookup.table()) && edges.has(lookup.rows())) {
        tables.computeIfAbsent(lookup.table(), name -> new ArrayList<>()).add(lookup);
      }
    }
    tables
        .entrySet()
        .removeIf(
            table -> {
              Set<Object> gathers = new HashSet<>();
              table.getValue().forEach(lookup -> gathers.add(lookup.rows().op()));
              GraphOperation variable = graph.operationOrThrow(table.getKey());
              return !gathers.containsAll(edges.users(variable));
            });
    return tables;
  }

  @SuppressWarnings("unchecked") // the gradient of a float32 tensor is float32
  private Map<Output<TFloat32>, Operand<TFloat32>> add(
      Operand<TFloat32> loss, List<Output<TFloat32>> inputs) {
    Map<Output<TFloat32>, Operand<TFloat32>> found = new LinkedHashMap<>();
    if (inputs.isEmpty()) {
      return found;
    }
    Output<?>[] gradients;
    int before = operations().size();
    try {
      gradients = graph.addGradients(loss.asOutput(), inputs.toArray(new Output<?>[0]));
    } catch (RuntimeException e) {
      throw new TrialException(
          "Cannot compute the gradients of '"
              + loss.op().name()
              + "' with respect to "
              + inputs.stream().map(input -> input.op().name()).sorted().toList()
              + ": "
              + String.valueOf(e.getMessage()).replaceFirst("\\. Please see .*|\\.$", "")
              + "; an op on the way may have no gradient in TensorFlow Java: replace it, or put"
              + " stopGradient around it",
          e);
    }
    List<GraphOperation> now = operations();
    GradientMend.after(graph, now.subList(before, now.size()));
    for (int i = 0; i < gradients.length; i++) {
      if (!gradients[i].isClosed()) { // closed: all ways have a gradient of none
        found.put(inputs.get(i), (Operand<TFloat32>) gradients[i]);
      }
    }
    return found;
  }

  private List<GraphOperation> operations() {
    List<GraphOperation> operations = new ArrayList<>();
    graph.operations().forEachRemaining(operations::add);
    return operations;
  }

  /** The sum of a table's gradients over the lookups, each row once. */
  private GradientAndVariable ofRows(
      Output<TFloat32> table,
      List<Variables.Lookup> lookups,
      Map<Output<TFloat32>, Operand<TFloat32>> found) {
    List<Operand<TInt64>> ids = new ArrayList<>();
    List<Operand<TFloat32>> rows = new ArrayList<>();
    for (Variables.Lookup lookup : lookups) {
      Operand<TFloat32> gradient = found.get(lookup.rows());
      if (gradient != null) {
        ids.add(lookup.ids());
        rows.add(gradient);
      }
    }
    Operand<TInt64> allIds = ids.size() == 1 ? ids.get(0) : tf.concat(ids, tf.constant(0));
    Operand<TFloat32> allRows = rows.size() == 1 ? rows.get(0) : tf.concat(rows, tf.constant(0));
    Unique<TInt64, TInt32> unique = tf.unique(allIds, tf.constant(new int[] {0}));
    Operand<TFloat32> sums = tf.math.unsortedSegmentSum(allRows, unique.idx(), tf.size(unique.y()));
    return new GradientAndVariable(sums, table, unique.y());
  }

  private static void report(
      Operand<TFloat32> loss, List<String> without, List<GradientAndVariable> pairs) {
    if (pairs.isEmpty()) {
      throw new TrialException(
          "Cannot train variable"
              + (without.size() == 1 ? " '" + without.get(0) + "'" : "s " + without)
              + ": the loss '"
              + loss.op().name()
              + "' does not depend on "
              + (without.size() == 1 ? "it" : "them")
              + " (unused, or behind stopGradient?); use a variable in the loss");
    }
    for (String name : without) {
      LOG.warn(
          "Variable '{}' is not trained: the loss '{}' does not depend on it (is it unused, or"
              + " behind stopGradient?)",
          name,
          loss.op().name());
    }
  }
}
