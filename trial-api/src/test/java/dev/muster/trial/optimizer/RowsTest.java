package dev.muster.trial.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.layer.Variables;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Tables are trained by the rows that were looked up. */
class RowsTest {
  private static final float[][] TABLE = {{0, 0}, {1, 10}, {2, 20}, {3, 30}};

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variables variables = new Variables(graph, 1);
  private final Optimizers optimizers = new Optimizers(graph, variables);

  RowsTest() {
    variables.table("table", Shape.of(4, 2), (ops, shape, seed) -> ops.constant(TABLE));
  }

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  private Operand<TFloat32> lookup(long... ids) {
    return variables.lookup("table", tf.constant(ids));
  }

  private Operand<TFloat32> table() {
    return tf.identity(Objects.requireNonNull(variables.trainable().get("table")));
  }

  private Operand<TFloat32> sum(Operand<TFloat32> value) {
    return tf.reduceSum(tf.reshape(value, tf.constant(new int[] {-1})), tf.constant(0));
  }

  private Session session() {
    Session session = new Session(graph);
    variables.initializers().forEach(op -> session.runner().addTarget(op).run().close());
    return session;
  }

  private static float[] read(Session session, Operand<TFloat32> value) {
    try (Result result = session.runner().fetch(value).run()) {
      TFloat32 tensor = (TFloat32) result.get(0);
      float[] values = new float[(int) tensor.size()];
      tensor.asRawTensor().data().asFloats().read(values);
      return values;
    }
  }

  private static long[] readIds(Session session, Operand<TInt64> value) {
    try (Result result = session.runner().fetch(value).run()) {
      TInt64 tensor = (TInt64) result.get(0);
      long[] values = new long[(int) tensor.size()];
      tensor.asRawTensor().data().asLongs().read(values);
      return values;
    }
  }

  private float[] train(Op step, int steps) {
    try (Session session = session()) {
      for (int i = 0; i < steps; i++) {
        session.runner().addTarget(step).run().close();
      }
      return read(session, table());
    }
  }

  @Test
  void rowsOfAllLookupsAreSummedEachOnce() {
    Operand<TFloat32> first = sum(lookup(3, 1, 3));
    Operand<TFloat32> second = tf.math.mul(sum(lookup(1)), tf.constant(5f));
    sum(lookup(0)); // not in the loss
    List<GradientAndVariable> pairs =
        optimizers.sgd(0.1f).computeGradients(tf.math.add(first, second));
    assertThat(pairs).hasSize(1);
    GradientAndVariable pair = pairs.get(0);
    try (Session session = session()) {
      assertThat(readIds(session, pair.rows().orElseThrow())).containsExactly(3, 1);
      assertThat(read(session, pair.gradient())).containsExactly(2, 2, 6, 6);
      assertThat(read(session, pair.dense(tf).gradient())).containsExactly(0, 0, 6, 6, 0, 0, 2, 2);
    }
  }

  @Test
  void tableThatIsUsedOtherwiseTooGetsADenseGradient() {
    Operand<TFloat32> loss = tf.math.add(sum(lookup(3, 1, 3)), sum(table()));
    GradientAndVariable pair = optimizers.sgd(0.1f).computeGradients(loss).get(0);
    assertThat(pair.rows()).isEmpty();
    try (Session session = session()) {
      assertThat(read(session, pair.gradient())).containsExactly(1, 1, 2, 2, 1, 1, 3, 3);
    }
  }

  @Test
  void useOutsideOfTheLossLeavesTheGradientOfRows() {
    sum(table());
    assertThat(optimizers.sgd(0.1f).computeGradients(sum(lookup(1))).get(0).rows()).isPresent();
  }

  @Test
  void gradientDescentOnRowsByHand() {
    // loss Σ rows²; row 1 twice: gradient 2 × 2 × (1, 10); row 2: 2 × (2, 20)
    Operand<TFloat32> loss = sum(tf.math.square(lookup(1, 2, 1)));
    assertThat(train(optimizers.sgd(0.125f).minimize(loss), 1))
        .containsExactly(0, 0, 0.5f, 5, 1.5f, 15, 3, 30);
  }

  @Test
  void noRowsAreNoUpdate() {
    Operand<TFloat32> loss = sum(tf.math.square(lookup()));
    Op step =
        tf.withControlDependencies(
                List.of(
                    optimizers.adam(0.1f).clipByGlobalNorm(1).minimize(loss),
                    optimizers.adagrad(0.1f).minimize(loss),
                    optimizers.sgd(0.1f).minimize(loss)))
            .noOp();
    assertThat(train(step, 2)).containsExactly(0, 0, 1, 10, 2, 20, 3, 30);
  }

  @Test
  void decayIsOfTheTouchedRows() {
    // gradient 1 + 0.5 × (2, 20) = (2, 11)
    Op step = optimizers.sgd(0.5f).weightDecay(0.5f).minimize(sum(lookup(2)));
    assertThat(train(step, 1)).containsExactly(0, 0, 1, 10, 1, 14.5f, 3, 30);
  }

  @Test
  void adamLeavesRowsThatWereNotTouchedAsTheyAre() {
    Op step = optimizers.adamW(0.5f, 0.1f).minimize(sum(lookup(2)));
    float[] trained = train(step, 3);
    assertThat(trained).startsWith(0, 0, 1, 10).endsWith(3, 30);
    assertThat(trained[4]).isLessThan(1f);
  }

  @Test
  void rowsOfRowsAreTrained() {
    // ids that come from a table: no gradient goes through them
    Operand<TInt64> ids =
        tf.dtypes.cast(
            tf.slice(lookup(1, 3), tf.constant(new int[] {0, 0}), tf.constant(new int[] {2, 1})),
            TInt64.class);
    Operand<TFloat32> loss = sum(variables.lookup("table", ids));
    GradientAndVariable pair = optimizers.sgd(0.1f).computeGradients(loss).get(0);
    try (Session session = session()) {
      assertThat(readIds(session, pair.rows().orElseThrow())).containsExactly(1, 3);
      assertThat(read(session, pair.gradient())).containsExactly(1, 1, 1, 1);
    }
  }
}
