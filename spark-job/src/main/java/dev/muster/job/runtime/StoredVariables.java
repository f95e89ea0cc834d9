package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The variables of a checkpoint, compared with those of a graph before they are restored. */
final class StoredVariables {
  private StoredVariables() {}

  /**
   * Refuses a checkpoint that lacks a variable of the graph, or has it otherwise.
   *
   * @param checkpoint a local copy, of which {@code variables/variables.index} is read
   * @param name the checkpoint's, for the message
   * @param graph the variables by name
   * @return the names of those that the graph does not have, sorted: they will be ignored
   * @throws TrialException that says how the variables differ, all of them
   */
  static List<String> check(Path checkpoint, String name, Map<String, VariableType> graph) {
    Map<String, VariableType> stored =
        TensorFlowInternals.variables(CheckpointFiles.variables(checkpoint).toString());
    List<String> faults = new ArrayList<>();
    graph.forEach(
        (variable, wanted) -> {
          VariableType found = stored.get(variable);
          if (found == null) {
            faults.add("variable '" + variable + "' is not in the checkpoint");
            return;
          }
          String difference = found.difference("the checkpoint", wanted, "the graph");
          if (!difference.isEmpty()) {
            faults.add("variable '" + variable + "' " + difference);
          }
        });
    if (!faults.isEmpty()) {
      throw new TrialException(
          "Cannot restore checkpoint " + name + ": " + String.join("; ", faults));
    }
    TreeSet<String> ignored = new TreeSet<>(stored.keySet());
    ignored.removeAll(graph.keySet());
    return List.copyOf(ignored);
  }
}
