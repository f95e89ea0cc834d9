package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.GraphMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;

/** The features and labels that a data set's maps make of its columns, in a graph. */
final class MappedColumns {
  private final Graph graph;
  private final String callee;
  private final Set<String> labels;

  private MappedColumns(Graph graph, Dataset dataset, String entrypoint) {
    this.graph = graph;
    this.callee =
        "Cannot build trial %s: map() of data set '%s'"
            .formatted(entrypoint, dataset.description());
    this.labels =
        dataset.columns().stream()
            .filter(column -> column.role() == Column.Role.LABEL)
            .map(Column::name)
            .collect(Collectors.toSet());
  }

  /**
   * The inputs of the model function.
   *
   * @param fed the placeholders by column
   * @throws TrialException if a map fails, or returns what cannot be used
   */
  static GraphInputs of(
      Graph graph, Dataset dataset, Map<String, Operand<?>> fed, String entrypoint) {
    MappedColumns mapped = new MappedColumns(graph, dataset, entrypoint);
    Map<String, Operand<?>> columns = fed;
    List<GraphMap> maps = dataset.pipeline().maps();
    for (int i = 0; i < maps.size(); i++) {
      columns = mapped.apply(maps.get(i), i, columns);
    }
    return mapped.inputs(columns, fed);
  }

  private Map<String, Operand<?>> apply(GraphMap map, int number, Map<String, Operand<?>> columns) {
    Ops tf = Ops.create(graph).withSubScope(number == 0 ? "map" : "map_" + number);
    Map<String, ? extends @Nullable Operand<?>> returned =
        UserCode.call(
            callee, map.getClass().getName(), () -> map.apply(tf, new LinkedHashMap<>(columns)));
    Map<String, Operand<?>> checked = new LinkedHashMap<>();
    returned.forEach((name, operand) -> checked.put(name, check(name, operand)));
    return checked;
  }

  private Operand<?> check(String name, @Nullable Operand<?> operand) {
    if (operand == null) {
      throw new TrialException(callee + " returned null for '" + name + "'");
    }
    if (operand.op().env() != graph) {
      throw new TrialException(
          callee
              + " returned an operand of another graph for '"
              + name
              + "'; make it by the Ops that map() is given");
    }
    return operand;
  }

  private GraphInputs inputs(Map<String, Operand<?>> columns, Map<String, Operand<?>> fed) {
    Map<String, Operand<?>> features = new LinkedHashMap<>();
    Map<String, Operand<?>> targets = new LinkedHashMap<>();
    columns.forEach(
        (name, operand) -> (labels.contains(name) ? targets : features).put(name, operand));
    if (features.isEmpty()) {
      throw new TrialException(
          callee
              + " returned no feature: expected a name that is none of the labels "
              + labels
              + ", found "
              + columns.keySet());
    }
    return new GraphInputs(features, targets, fed);
  }
}
