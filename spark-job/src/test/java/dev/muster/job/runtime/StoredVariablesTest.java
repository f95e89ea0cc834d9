package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class StoredVariablesTest {
  private static final Map<String, VariableType> STORED =
      Map.of(
          "kernel", new VariableType(DataType.DT_FLOAT, Shape.of(3, 2)),
          "step", new VariableType(DataType.DT_INT64, Shape.scalar()));

  @TempDir static Path folder;

  /** Only the index is left: the driver fetches no more. */
  @BeforeAll
  static void saveTwoVariables() throws Exception {
    Path prefix = CheckpointFiles.variables(folder);
    Files.createDirectories(prefix.getParent());
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Variable<TFloat32> kernel = tf.withName("kernel").variable(Shape.of(3, 2), TFloat32.class);
      Variable<TInt64> step = tf.withName("step").variable(Shape.scalar(), TInt64.class);
      session
          .runner()
          .addTarget(tf.assign(kernel, tf.zeros(tf.array(3, 2), TFloat32.class)))
          .addTarget(tf.assign(step, tf.constant(5L)))
          .run()
          .close();
      session.save(prefix.toString());
    }
    Files.delete(prefix.resolveSibling("variables.data-00000-of-00001"));
  }

  private static Map<String, VariableType> storedBut(String name, VariableType type) {
    Map<String, VariableType> graph = new HashMap<>(STORED);
    graph.put(name, type);
    return graph;
  }

  @Test
  void namesTypesAndShapesAreReadFromTheIndexAlone() {
    assertThat(TensorFlowInternals.variables(CheckpointFiles.variables(folder).toString()))
        .isEqualTo(STORED);
  }

  @Test
  void variablesThatTheGraphLacksAreReturned() {
    assertThat(StoredVariables.check(folder, "3f2a", STORED)).isEmpty();
    assertThat(
            StoredVariables.check(
                folder,
                "3f2a",
                Map.of("step", new VariableType(DataType.DT_INT64, Shape.scalar()))))
        .containsExactly("kernel");
  }

  @Test
  void differencesAreToldTogether() {
    Map<String, VariableType> graph =
        storedBut("kernel", new VariableType(DataType.DT_FLOAT, Shape.of(3, 4)));
    graph.put("step", new VariableType(DataType.DT_INT32, Shape.scalar()));
    graph.put("bias", new VariableType(DataType.DT_FLOAT, Shape.of(2)));
    assertThatThrownBy(() -> StoredVariables.check(folder, "3f2a", graph))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot restore checkpoint 3f2a: ")
        .hasMessageContaining(
            "variable 'kernel' has shape [3, 2] in the checkpoint, [3, 4] in the graph")
        .hasMessageContaining(
            "variable 'step' has type int64 in the checkpoint, int32 in the graph")
        .hasMessageContaining("variable 'bias' is not in the checkpoint");
  }

  @Test
  void indexThatCannotBeReadIsTold() {
    assertThatThrownBy(() -> TensorFlowInternals.variables(folder.resolve("nowhere").toString()))
        .hasMessageContaining("nowhere");
  }
}
