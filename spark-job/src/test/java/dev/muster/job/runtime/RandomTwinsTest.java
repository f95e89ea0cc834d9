package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.image.SampleDistortedBoundingBox;
import org.tensorflow.op.nn.FractionalMaxPool;
import org.tensorflow.op.random.RandomShuffle;
import org.tensorflow.op.random.RandomStandardNormal;
import org.tensorflow.op.random.RandomUniform;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

class RandomTwinsTest {
  private static final int SAMPLES = 40_000;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  /** A graph whose random op has got its twin. */
  private static final class Drawing implements AutoCloseable {
    final Graph graph = new Graph();
    final Operand<?> random;
    final RandomTwins twins;
    private final Operand<?> used;
    private final Op advance;
    private final Session session;

    Drawing(Mode mode, long seed, int rank, Function<Ops, Operand<?>> model) {
      try {
        Ops tf = Ops.create(graph);
        Variables variables = new Variables(graph, 1);
        random = model.apply(tf);
        used = tf.identity(random);
        twins = RandomTwins.replace(graph, mode, seed, rank, variables);
        advance = tf.assignAdd(variables.globalStep(), tf.constant(1L));
        session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1));
        Session.Runner initialize = session.runner();
        variables.initializers().forEach(initialize::addTarget);
        initialize.run().close();
      } catch (RuntimeException e) {
        graph.close();
        throw e;
      }
    }

    double[] draw() {
      return fetch(session.runner(), used);
    }

    double[] drawBatch(long number) {
      try (TInt64 fed = TInt64.scalarOf(number)) {
        return fetch(session.runner().feed(twins.batchNumber().orElseThrow(), fed), used);
      }
    }

    double[] fetchOriginal() {
      return fetch(session.runner(), twins.current(random));
    }

    void advance() {
      session.runner().addTarget(advance).run().close();
    }

    Shape shape() {
      try (Result result = session.runner().fetch(used).run()) {
        return result.get(0).shape();
      }
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }

  private static double[] fetch(Session.Runner runner, Operand<?> operand) {
    try (Result result = runner.fetch(operand).run()) {
      return doubles(result.get(0));
    }
  }

  private static double[] doubles(Tensor tensor) {
    List<Double> values = new ArrayList<>();
    if (tensor instanceof TFloat32 floats) {
      floats.scalars().forEach(value -> values.add((double) value.getFloat()));
    } else if (tensor instanceof TFloat64 wide) {
      wide.scalars().forEach(value -> values.add(value.getDouble()));
    } else if (tensor instanceof TInt32 ints) {
      ints.scalars().forEach(value -> values.add((double) value.getInt()));
    } else {
      ((TInt64) tensor).scalars().forEach(value -> values.add((double) value.getLong()));
    }
    return values.stream().mapToDouble(value -> value).toArray();
  }

  private static double[] draw(Function<Ops, Operand<?>> model) {
    try (Drawing drawing = new Drawing(Mode.TRAIN, 7, 0, model)) {
      return drawing.draw();
    }
  }

  private static Operand<TFloat32> uniform(Ops tf) {
    return tf.random.randomUniform(tf.constant(new int[] {8}), TFloat32.class);
  }

  private static double mean(double[] values) {
    return DoubleStream.of(values).average().orElseThrow();
  }

  private static double variance(double[] values) {
    double mean = mean(values);
    return DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
  }

  private static double quantile(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (q * sorted.length)];
  }

  /** Five standard errors of the mean of this many samples. */
  private static org.assertj.core.data.Offset<Double> closeTo(double variance) {
    return within(5 * Math.sqrt(variance / SAMPLES));
  }

  private static final int[] ONE_EACH = {SAMPLES};

  @Test
  void uniformNumbersAreUniform() {
    double[] drawn = draw(tf -> tf.random.randomUniform(tf.constant(ONE_EACH), TFloat32.class));
    assertThat(mean(drawn)).isCloseTo(0.5, closeTo(1 / 12.0));
    assertThat(variance(drawn)).isCloseTo(1 / 12.0, within(0.002));
    assertThat(quantile(drawn, 0.25)).isCloseTo(0.25, within(0.015));
    assertThat(DoubleStream.of(drawn)).allMatch(value -> value >= 0 && value < 1);
  }

  @Test
  void uniformIntegersTakeEachValueEquallyOften() {
    double[] drawn =
        draw(
            tf ->
                tf.random.randomUniformInt(
                    tf.constant(ONE_EACH), tf.constant(-2L), tf.constant(2L)));
    for (int value = -2; value < 2; value++) {
      double wanted = value;
      assertThat(DoubleStream.of(drawn).filter(v -> v == wanted).count() / (double) SAMPLES)
          .isCloseTo(0.25, within(0.012));
    }
    assertThat(DoubleStream.of(drawn)).allMatch(value -> value >= -2 && value < 2);
  }

  @Test
  void normalNumbersAreNormal() {
    double[] drawn =
        draw(tf -> tf.random.randomStandardNormal(tf.constant(ONE_EACH), TFloat64.class));
    assertThat(mean(drawn)).isCloseTo(0, closeTo(1));
    assertThat(variance(drawn)).isCloseTo(1, within(0.04));
    assertThat(quantile(drawn, 0.975)).isCloseTo(1.96, within(0.07));
  }

  /** Variance of a normal cut at ±2: 1 - 4·φ(2) / (Φ(2) - Φ(-2)) = 1 - 4·0.053991 / 0.954500. */
  @Test
  void truncatedNormalNumbersAreCutAtTwo() {
    double[] drawn = draw(tf -> tf.random.truncatedNormal(tf.constant(ONE_EACH), TFloat32.class));
    assertThat(mean(drawn)).isCloseTo(0, closeTo(0.774));
    assertThat(variance(drawn)).isCloseTo(0.77374, within(0.03));
    assertThat(DoubleStream.of(drawn)).allMatch(value -> Math.abs(value) <= 2);
  }

  /** Row 0: a normal above 0, mean sqrt(2/π) = 0.79788; row 1: 10 + 2·normal, in effect uncut. */
  @Test
  void parametersOfTruncatedNormalsAreThoseOfTheRow() {
    double[] drawn =
        draw(
            tf ->
                tf.random.parameterizedTruncatedNormal(
                    tf.constant(new int[] {2, SAMPLES}),
                    tf.constant(new float[] {0, 10}),
                    tf.constant(new float[] {1, 2}),
                    tf.constant(new float[] {0, -100}),
                    tf.constant(100f)));
    double[] half = Arrays.copyOf(drawn, SAMPLES);
    double[] whole = Arrays.copyOfRange(drawn, SAMPLES, 2 * SAMPLES);
    assertThat(mean(half)).isCloseTo(0.79788, closeTo(0.3634));
    assertThat(DoubleStream.of(half)).allMatch(value -> value >= 0);
    assertThat(mean(whole)).isCloseTo(10, closeTo(4));
    assertThat(variance(whole)).isCloseTo(4, within(0.16));
  }

  /** A gamma of shape α has mean and variance α; there is one column for each α. */
  @Test
  void gammaNumbersHaveTheMeanAndVarianceOfTheirAlpha() {
    double[] alphas = {0.5, 4};
    double[] drawn =
        draw(
            tf -> tf.random.randomGamma(tf.constant(ONE_EACH), tf.constant(new float[] {0.5f, 4})));
    assertColumns(drawn, alphas);
  }

  @Test
  void poissonNumbersHaveTheMeanAndVarianceOfTheirRate() {
    double[] drawn =
        draw(
            tf ->
                tf.random.randomPoisson(
                    tf.constant(ONE_EACH), tf.constant(new double[] {0.5, 20}), TInt32.class));
    assertThat(DoubleStream.of(drawn)).allMatch(value -> value >= 0);
    assertColumns(drawn, new double[] {0.5, 20});
  }

  private static void assertColumns(double[] drawn, double[] meansAndVariances) {
    assertThat(drawn).hasSize(2 * SAMPLES);
    for (int column = 0; column < 2; column++) {
      double[] values = new double[SAMPLES];
      for (int i = 0; i < SAMPLES; i++) {
        values[i] = drawn[2 * i + column];
      }
      double expected = meansAndVariances[column];
      assertThat(mean(values)).isCloseTo(expected, closeTo(expected));
      assertThat(variance(values)).isCloseTo(expected, within(0.08 * expected));
    }
  }

  @Test
  void multinomialClassesAreDrawnByTheirOdds() {
    double[] drawn =
        draw(
            tf ->
                tf.random.multinomial(
                    tf.constant(new float[][] {{0, (float) Math.log(3)}}),
                    tf.constant(SAMPLES),
                    TInt64.class));
    assertThat(mean(drawn)).isCloseTo(0.75, closeTo(0.1875));
  }

  @Test
  void nonDeterministicIntegersBecomeDeterministic() {
    Function<Ops, Operand<?>> model =
        tf -> tf.random.nonDeterministicInts(tf.constant(new int[] {50}), TInt64.class);
    double[] drawn = draw(model);
    assertThat(drawn).isEqualTo(draw(model)).doesNotHaveDuplicates();
    assertThat(DoubleStream.of(drawn)).anyMatch(value -> value < 0).anyMatch(value -> value > 0);
  }

  /** Each of the six orders of three rows comes up in a sixth of the steps. */
  @Test
  void shufflingGivesEachOrderEquallyOften() {
    Map<String, Integer> orders = new HashMap<>();
    try (Drawing drawing =
        new Drawing(
            Mode.TRAIN,
            7,
            0,
            tf -> tf.random.randomShuffle(tf.constant(new int[][] {{1, 1}, {2, 2}, {3, 3}})))) {
      for (int step = 0; step < 3000; step++) {
        orders.merge(Arrays.toString(drawing.draw()), 1, Integer::sum);
        drawing.advance();
      }
    }
    assertThat(orders).hasSize(6).containsKey("[2.0, 2.0, 1.0, 1.0, 3.0, 3.0]");
    assertThat(orders.values()).allSatisfy(count -> assertThat(count).isBetween(400, 600));
  }

  @Test
  void shufflingANumberOrNothingGivesItBack() {
    assertThat(draw(tf -> tf.random.randomShuffle(tf.constant(5)))).containsExactly(5);
    assertThat(draw(tf -> tf.random.randomShuffle(tf.constant(new int[0])))).isEmpty();
  }

  @Test
  void distortedBoundingBoxesLieInTheImage() {
    Function<Ops, Operand<?>> model =
        tf ->
            tf.image
                .sampleDistortedBoundingBox(
                    tf.constant(new int[] {20, 30, 3}),
                    tf.constant(new float[][][] {{{0.2f, 0.2f, 0.8f, 0.8f}}}),
                    tf.constant(0.1f),
                    SampleDistortedBoundingBox.areaRange(List.of(0.2f, 0.5f)))
                .sizeOutput();
    try (Drawing drawing = new Drawing(Mode.TRAIN, 7, 0, model)) {
      double[] first = drawing.draw();
      assertThat(first[0] * first[1]).isBetween(0.15 * 600, 0.55 * 600);
      assertThat(drawing.draw()).isEqualTo(first);
    }
  }

  @Test
  void numbersAreAFunctionOfSeedRankAndStep() {
    try (Drawing one = new Drawing(Mode.TRAIN, 7, 0, RandomTwinsTest::uniform);
        Drawing same = new Drawing(Mode.TRAIN, 7, 0, RandomTwinsTest::uniform);
        Drawing otherRank = new Drawing(Mode.TRAIN, 7, 1, RandomTwinsTest::uniform);
        Drawing otherSeed = new Drawing(Mode.TRAIN, 8, 0, RandomTwinsTest::uniform)) {
      double[] atZero = one.draw();
      assertThat(one.draw()).as("the same step again").isEqualTo(atZero);
      assertThat(otherRank.draw()).doesNotContain(atZero);
      assertThat(otherSeed.draw()).doesNotContain(atZero);
      one.advance();
      same.advance();
      assertThat(one.draw()).doesNotContain(atZero).isEqualTo(same.draw());
    }
  }

  @Test
  void opsDifferByTheirNamesAndTheirOwnSeeds() {
    List<Double> all = new ArrayList<>();
    for (Function<Ops, Operand<?>> model :
        List.<Function<Ops, Operand<?>>>of(
            tf -> uniform(tf.withName("a")),
            tf -> uniform(tf.withName("b")),
            tf ->
                tf.withName("a")
                    .random
                    .randomUniform(
                        tf.constant(new int[] {8}), TFloat32.class, RandomUniform.seed(3L)),
            tf ->
                tf.withName("a")
                    .random
                    .randomUniform(
                        tf.constant(new int[] {8}), TFloat32.class, RandomUniform.seed2(3L)))) {
      DoubleStream.of(draw(model)).forEach(all::add);
    }
    assertThat(all).hasSize(32).doesNotHaveDuplicates();
  }

  @Test
  void validationDrawsByTheNumberOfTheBatchAlone() {
    try (Drawing eval = new Drawing(Mode.EVAL, 7, 0, RandomTwinsTest::uniform);
        Drawing otherRank = new Drawing(Mode.EVAL, 7, 1, RandomTwinsTest::uniform)) {
      double[] batch0 = eval.drawBatch(0);
      assertThat(eval.drawBatch(1)).doesNotContain(batch0);
      assertThat(otherRank.drawBatch(0)).doesNotContain(batch0);
      eval.advance();
      assertThat(eval.drawBatch(0)).as("in the next validation").isEqualTo(batch0);
    }
  }

  @Test
  void servedModelKeepsItsRandomOps() {
    try (Drawing served = new Drawing(Mode.PREDICT, 7, 0, RandomTwinsTest::uniform)) {
      assertThat(served.draw()).isNotEqualTo(served.draw());
      assertThat(served.twins.current(served.random)).isSameAs(served.random);
    }
  }

  @Test
  void aFetchOfTheRandomOpGetsWhatTheModelGot() {
    try (Drawing drawing = new Drawing(Mode.TRAIN, 7, 0, RandomTwinsTest::uniform)) {
      assertThat(drawing.fetchOriginal()).isEqualTo(drawing.draw());
    }
  }

  /** The number of rows that a slot gets may differ from batch to batch. */
  @Test
  void shapesMayDependOnTheBatch() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variables variables = new Variables(graph, 1);
      Placeholder<TFloat32> x = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 3)));
      Operand<TFloat32> noise = tf.identity(tf.random.randomUniform(tf.shape(x), TFloat32.class));
      Operand<TInt32> order =
          tf.identity(tf.random.randomShuffle(tf.shape(x), RandomShuffle.seed(1L)));
      RandomTwins.replace(graph, Mode.TRAIN, 7, 0, variables);
      try (Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1))) {
        variables.initializers().forEach(session::run);
        for (int rows : new int[] {0, 2, 5}) {
          try (TFloat32 batch = TFloat32.tensorOf(Shape.of(rows, 3));
              Result drawn = session.runner().feed(x, batch).fetch(noise).fetch(order).run()) {
            assertThat(drawn.get(0).shape()).isEqualTo(Shape.of(rows, 3));
            assertThat(doubles(drawn.get(1))).containsExactlyInAnyOrder(rows, 3);
          }
        }
      }
    }
  }

  /**
   * Initial values by a user's own random ops are the same in all slots; what a step draws is not.
   */
  @ParameterizedTest
  @EnumSource
  void initialValuesAreTheSameInAllSlots(Initial initial) {
    double[] first = initialValue(initial, 7, 0);
    assertThat(initialValue(initial, 7, 1)).isEqualTo(first);
    assertThat(initialValue(initial, 8, 0)).doesNotContain(first);
  }

  enum Initial {
    BY_INITIALIZER,
    BY_TENSORFLOW_VARIABLE,
    IN_INIT_SCOPE
  }

  private static double[] initialValue(Initial initial, long seed, int rank) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variables variables = new Variables(graph, 1);
      Operand<TFloat32> variable = variable(tf, variables, initial);
      RandomTwins twins = RandomTwins.replace(graph, Mode.TRAIN, seed, rank, variables);
      assertThat(twins.batchNumber()).isEmpty();
      try (Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1))) {
        session.initialize();
        variables.initializers().forEach(session::run);
        return fetch(session.runner(), variable);
      }
    }
  }

  private static Operand<TFloat32> variable(Ops tf, Variables variables, Initial initial) {
    return switch (initial) {
      case BY_INITIALIZER ->
          variables.trainable("w", Shape.of(8), (ops, shape, seed) -> normal(ops));
      case BY_TENSORFLOW_VARIABLE -> tf.variable(normal(tf.withInitScope()));
      case IN_INIT_SCOPE -> {
        Ops init = tf.withInitScope();
        Operand<TFloat32> variable = init.variable(Shape.of(8), TFloat32.class);
        init.assign(variable, normal(init));
        yield variable;
      }
    };
  }

  private static Operand<TFloat32> normal(Ops tf) {
    return tf.math.mul(
        tf.random.randomStandardNormal(
            tf.constant(new int[] {8}), TFloat32.class, RandomStandardNormal.seed(5L)),
        tf.constant(0.1f));
  }

  @Test
  void oneOpForAnInitialValueAndTheModelServesBoth() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variables variables = new Variables(graph, 1);
      Operand<TFloat32> shared = uniform(tf);
      Operand<TFloat32> variable =
          variables.trainable("w", Shape.of(8), (ops, shape, seed) -> shared);
      Operand<TFloat32> noise = tf.math.add(shared, tf.constant(1f));
      RandomTwins.replace(graph, Mode.TRAIN, 7, 0, variables);
      Op advance = tf.assignAdd(variables.globalStep(), tf.constant(1L));
      try (Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1))) {
        variables.initializers().forEach(session::run);
        double[] start = fetch(session.runner(), variable);
        double[] first = fetch(session.runner(), noise);
        session.run(advance);
        assertThat(fetch(session.runner(), noise)).doesNotContain(first);
        assertThat(fetch(session.runner(), variable)).isEqualTo(start);
      }
    }
  }

  @Test
  void graphWithoutRandomOpsStaysAsItIs() {
    try (Graph graph = new Graph()) {
      Variables variables = new Variables(graph, 1);
      List<String> before = names(graph);
      RandomTwins.replace(graph, Mode.TRAIN, 7, 0, variables);
      assertThat(names(graph)).isEqualTo(before);
    }
  }

  private static List<String> names(Graph graph) {
    List<String> names = new ArrayList<>();
    graph.operations().forEachRemaining((GraphOperation op) -> names.add(op.name()));
    return names;
  }

  @Test
  void aSamplerWithoutATwinIsRefusedWithItsNameAndTheCure() {
    assertThatThrownBy(
            () ->
                draw(
                    tf ->
                        tf.withName("negatives")
                            .random
                            .uniformCandidateSampler(
                                tf.constant(new long[][] {{1}}), 1L, 4L, true, 100L)
                            .sampledCandidates()))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot use op 'negatives' of type UniformCandidateSampler in mode TRAIN: it draws"
                + " random numbers that a resumed trial could not draw again; draw the candidates"
                + " by tf().random.randomUniformInt");
  }

  @Test
  void fractionalPoolingIsAllowedWhereItIsDeterministic() {
    assertThatThrownBy(() -> draw(tf -> pool(tf))).hasMessageContaining("deterministic(true)");
    assertThat(
            draw(tf -> pool(tf, FractionalMaxPool.deterministic(true), FractionalMaxPool.seed(3L))))
        .hasSize(9);
  }

  private static Operand<TFloat32> pool(Ops tf, FractionalMaxPool.Options... options) {
    Operand<TFloat32> image = tf.zeros(tf.constant(new int[] {1, 5, 5, 1}), TFloat32.class);
    return tf.nn.fractionalMaxPool(image, List.of(1f, 1.5f, 1.5f, 1f), options).output();
  }

  @Test
  void randomOpsInsideFunctionsAreRefused() {
    try (ConcreteFunction function =
        ConcreteFunction.create(
            tf -> {
              Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
              return Signature.builder()
                  .key("noisy")
                  .input("x", x)
                  .output(
                      "y",
                      tf.math.add(
                          x,
                          tf.withName("noise").random.randomUniform(tf.shape(x), TFloat32.class)))
                  .build();
            })) {
      assertThatThrownBy(() -> draw(tf -> function.call(tf, tf.constant(new float[] {1, 2}))))
          .isInstanceOf(TrialException.class)
          .hasMessageContaining("op 'noise' of type RandomUniform inside function")
          .hasMessageContaining("draw the numbers in the model function");
    }
  }
}
