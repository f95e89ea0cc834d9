package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.optimizer.GradientAndVariable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class FlatGradientsTest {
  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.size()];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  @Test
  void rowsTravelAsTheirTableWithAMarkForEachRowAndComeBackAsRows() {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> bias = tf.variable(Shape.of(2), TFloat32.class);
      Operand<TFloat32> table = tf.variable(Shape.of(4, 2), TFloat32.class);
      List<GradientAndVariable> pairs =
          List.of(
              new GradientAndVariable(tf.constant(new float[] {1, 2}), bias.asOutput()),
              new GradientAndVariable(
                  tf.constant(new float[][] {{5, 6}, {0, 0}}),
                  table.asOutput(),
                  Optional.of(tf.constant(new long[] {3, 1}))));
      assertThat(FlatGradients.elements(pairs)).isEqualTo(14);
      Operand<TFloat32> flat = FlatGradients.concat(tf, FlatGradients.parts(tf, pairs));
      // Halved, as a mean with a slot that touched nothing.
      List<GradientAndVariable> back =
          FlatGradients.unpack(tf, tf.math.mul(flat, tf.constant(0.5f)), pairs);
      Operand<TInt64> rows = back.get(1).rows().orElseThrow();
      try (Result result =
          session
              .runner()
              .fetch(flat)
              .fetch(back.get(0).gradient())
              .fetch(back.get(1).gradient())
              .fetch(rows)
              .run()) {
        assertThat(floats(result.get(0))).containsExactly(1, 2, 0, 0, 0, 0, 0, 0, 5, 6, 0, 1, 0, 1);
        assertThat(floats(result.get(1))).containsExactly(0.5f, 1);
        assertThat(result.get(2).shape()).isEqualTo(Shape.of(2, 2));
        assertThat(floats(result.get(2))).containsExactly(0, 0, 2.5f, 3);
        assertThat(((TInt64) result.get(3)).getLong(0)).isEqualTo(1);
        assertThat(((TInt64) result.get(3)).getLong(1)).isEqualTo(3);
      }
    }
  }
}
