package dev.muster.trial.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Optimizers, schedules and clipping do what TensorFlow's Python does: see optimizers.py. */
class AgreementTest {
  private static final float[] START = {1, -2, 0.5f};
  private static final float[] TABLE = {1, -1, 0.5f, 2, -0.25f, 0.125f, 3, -3};

  private static final Map<String, Function<Optimizers, Optimizer>> OPTIMIZERS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("sgd", o -> o.sgd(0.1f)),
              Map.entry("momentum", o -> o.momentum(0.1f, 0.9f)),
              Map.entry("nesterov", o -> o.momentum(0.1f, 0.9f).nesterov()),
              Map.entry("adagrad", o -> o.adagrad(0.1f)),
              Map.entry("adam", o -> o.adam(0.1f)),
              Map.entry("adam-other", o -> o.adam(0.01f).beta1(0.8f).beta2(0.99f).epsilon(1e-3f)),
              Map.entry("adamw", o -> o.adamW(0.1f, 0.02f)),
              Map.entry("rmsprop", o -> o.rmsProp(0.1f)),
              Map.entry(
                  "rmsprop-momentum",
                  o -> o.rmsProp(0.01f).decay(0.8f).momentum(0.5f).epsilon(1e-3f)),
              Map.entry(
                  "rmsprop-centered",
                  o -> o.rmsProp(0.01f).decay(0.8f).momentum(0.5f).epsilon(1e-3f).centered()),
              Map.entry("ftrl", o -> o.ftrl(0.1f)),
              Map.entry(
                  "ftrl-regularized",
                  o ->
                      o.ftrl(0.1f)
                          .learningRatePower(-0.7f)
                          .initialAccumulator(0.2f)
                          .l1(0.05f)
                          .l2(0.02f)
                          .l2Shrinkage(0.01f))));

  /** A graph with one variable, trained by fed gradients. */
  private static final class Model implements AutoCloseable {
    final Graph graph = new Graph();
    final Ops tf = Ops.create(graph);
    final Variables variables = new Variables(graph, 1);
    final boolean dense;
    final Placeholder<TFloat32> gradient;
    final Placeholder<TInt64> rows = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1)));
    final Output<TFloat32> variable;
    final Op step;

    Model(String name, boolean dense) {
      this.dense = dense;
      Shape shape = dense ? Shape.of(3) : Shape.of(4, 2);
      gradient = tf.placeholder(TFloat32.class, Placeholder.shape(dense ? shape : Shape.of(-1, 2)));
      variables.table(
          "w",
          shape,
          (ops, s, seed) ->
              ops.reshape(ops.constant(dense ? START : TABLE), ops.constant(s.asArray())));
      variable = Objects.requireNonNull(variables.trainable().get("w"));
      Optimizer optimizer =
          Objects.requireNonNull(OPTIMIZERS.get(name)).apply(new Optimizers(graph, variables));
      step =
          optimizer.applyGradients(
              List.of(
                  dense
                      ? new GradientAndVariable(gradient, variable)
                      : new GradientAndVariable(gradient, variable, rows)));
    }

    List<float[]> train() {
      List<float[]> values = new ArrayList<>();
      try (Session session = new Session(graph)) {
        variables.initializers().forEach(op -> session.runner().addTarget(op).run().close());
        for (int i = 0; i < Recorded.STEPS; i++) {
          if (dense) {
            try (TFloat32 fed = TFloat32.vectorOf(Recorded.denseGradient(i))) {
              session.runner().feed(gradient, fed).addTarget(step).run().close();
            }
          } else {
            runRows(session, Recorded.rows(i));
          }
          try (Result result = session.runner().fetch(variable).run()) {
            values.add(floats((TFloat32) result.get(0)));
          }
        }
      }
      return values;
    }

    private void runRows(Session session, Recorded.Rows fed) {
      try (TInt64 ids = TInt64.vectorOf(fed.ids());
          TFloat32 values =
              TFloat32.tensorOf(Shape.of(fed.ids().length, 2), DataBuffers.of(fed.gradient()))) {
        session.runner().feed(gradient, values).feed(rows, ids).addTarget(step).run().close();
      }
    }

    @Override
    public void close() {
      graph.close();
    }
  }

  private static float[] floats(TFloat32 tensor) {
    float[] values = new float[(int) tensor.size()];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  static Stream<String> optimizers() {
    return OPTIMIZERS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void denseUpdatesAreTensorFlows(String name) {
    try (Model model = new Model(name, true)) {
      agree(model.train(), name, "dense");
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void updatesOfRowsAreTensorFlows(String name) {
    try (Model model = new Model(name, false)) {
      agree(model.train(), name, "rows");
    }
  }

  private static void agree(List<float[]> found, String name, String kind) {
    List<String[]> recorded = Recorded.lines("after", name, kind);
    assertThat(recorded).hasSize(Recorded.STEPS);
    for (int i = 0; i < Recorded.STEPS; i++) {
      String[] line = recorded.get(i);
      assertThat(line[0]).isEqualTo(Integer.toString(i));
      float[] expected = Recorded.floats(Arrays.copyOfRange(line, 1, line.length));
      assertThat(found.get(i)).hasSameSizeAs(expected);
      for (int k = 0; k < expected.length; k++) {
        assertThat(relative(found.get(i)[k], expected[k]))
            .as("%s, %s, step %d, element %d: %s", name, kind, i, k, found.get(i)[k])
            .isLessThanOrEqualTo(1e-6);
      }
    }
  }

  private static double relative(double found, double expected) {
    return expected == 0 ? Math.abs(found) : Math.abs(found - expected) / Math.abs(expected);
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void twoRunsAreEqualToTheBit(String name) {
    for (boolean dense : new boolean[] {true, false}) {
      try (Model first = new Model(name, dense);
          Model second = new Model(name, dense)) {
        assertThat(first.train().toArray(new float[0][]))
            .isDeepEqualTo(second.train().toArray(new float[0][]));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void slotsHaveTensorFlowsNames(String name) {
    for (String kind : List.of("dense", "rows")) {
      List<String[]> recorded = Recorded.lines("names", name, kind);
      if (!recorded.isEmpty()) { // v1 has no AdamW and no lazy Adam
        try (Model model = new Model(name, kind.equals("dense"))) {
          List<String> slots = new ArrayList<>(model.variables.all().keySet());
          slots.removeAll(List.of("w", Variables.GLOBAL_STEP));
          assertThat(slots).containsExactlyInAnyOrder(recorded.get(0));
        }
      }
    }
  }

  private static final Map<String, LearningRate> SCHEDULES =
      new TreeMap<>(
          Map.of(
              "exponential", LearningRate.exponentialDecay(0.1f, 100, 0.5f),
              "staircase", LearningRate.staircaseDecay(0.1f, 100, 0.5f),
              "piecewise",
                  LearningRate.piecewiseConstant(
                      new long[] {10, 100}, new float[] {0.1f, 0.05f, 0.001f}),
              "polynomial", LearningRate.polynomialDecay(0.1f, 100, 0.01f, 2),
              "linear", LearningRate.polynomialDecay(0.1f, 100, 0, 1),
              "cosine", LearningRate.cosineDecay(0.1f, 100),
              "cosine-alpha", LearningRate.cosineDecay(0.1f, 100, 0.1f)));

  static Stream<String> schedules() {
    return SCHEDULES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void ratesAreTensorFlows(String name) {
    LearningRate schedule = Objects.requireNonNull(SCHEDULES.get(name));
    rates(name, schedule);
    rates(name + "-warm", schedule.withWarmup(10));
  }

  private static void rates(String name, LearningRate schedule) {
    List<String[]> recorded = Recorded.lines("schedule", name);
    assertThat(recorded).hasSize(11);
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TInt64> step = tf.placeholder(TInt64.class, Placeholder.shape(Shape.scalar()));
      Operand<TFloat32> rate = schedule.at(tf, step);
      try (Session session = new Session(graph)) {
        for (String[] line : recorded) {
          try (TInt64 fed = TInt64.scalarOf(Long.parseLong(line[0]));
              Result result = session.runner().feed(step, fed).fetch(rate).run()) {
            double found = ((TFloat32) result.get(0)).getFloat();
            assertThat(relative(found, Double.parseDouble(line[1])))
                .as("%s at step %s: %s", name, line[0], found)
                .isLessThanOrEqualTo(1e-6);
          }
        }
      }
    }
  }

  @Test
  void clipsAreTensorFlows() {
    clips("value", GradientChange.clipByValue(0.3f));
    clips("norm", GradientChange.clipByNorm(1.5f));
    clips("norm-large", GradientChange.clipByNorm(3.5f));
    clips("global", GradientChange.clipByGlobalNorm(1.5f));
    clips("global-large", GradientChange.clipByGlobalNorm(100));
  }

  private static void clips(String name, GradientChange change) {
    float[] input = Recorded.floats(Recorded.line("clip", "input"));
    float[] expected = Recorded.floats(Recorded.line("clip", name));
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variables variables = new Variables(graph, 1);
      variables.table("a", Shape.of(3), (ops, shape, seed) -> ops.constant(new float[3]));
      variables.table("b", Shape.of(2, 2), (ops, shape, seed) -> ops.constant(new float[2][2]));
      Operand<TFloat32> a = tf.constant(Arrays.copyOfRange(input, 0, 3));
      Operand<TFloat32> b =
          tf.reshape(tf.constant(Arrays.copyOfRange(input, 3, 7)), tf.constant(new int[] {2, 2}));
      List<GradientAndVariable> changed =
          change.of(
              tf,
              List.of(
                  new GradientAndVariable(
                      a, Objects.requireNonNull(variables.trainable().get("a"))),
                  new GradientAndVariable(
                      b, Objects.requireNonNull(variables.trainable().get("b")))));
      try (Session session = new Session(graph);
          Result result =
              session
                  .runner()
                  .fetch(changed.get(0).gradient())
                  .fetch(changed.get(1).gradient())
                  .run()) {
        float[] found = Arrays.copyOf(floats((TFloat32) result.get(0)), 7);
        System.arraycopy(floats((TFloat32) result.get(1)), 0, found, 3, 4);
        for (int i = 0; i < 7; i++) {
          assertThat(relative(found[i], expected[i])).as("%s[%d]", name, i).isLessThan(1e-6);
        }
      }
    }
  }
}
