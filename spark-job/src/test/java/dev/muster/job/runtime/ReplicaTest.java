package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.collective.Collective;
import dev.muster.trial.metric.MetricValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class ReplicaTest {
  private static final int RECORDS = 96;
  private static final int GLOBAL_BATCH = 8;
  private static final long SEED = 42;

  @TempDir Path directory;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  /** What a run left: the loss of each step over all slots, and the chief's variables. */
  private record Run(List<Double> losses, Map<String, float[]> variables) {}

  private static TrialDefinition definition(String optimizer, int slots) {
    return new TrialDefinition(
        "experiment",
        1,
        SEED,
        ClassifierTrial.class.getName(),
        Map.of(
            "hyperparameters",
            Map.of(
                "global_batch_size", GLOBAL_BATCH, "learning_rate", 0.05, "optimizer", optimizer)),
        slots);
  }

  private Replica replica(String optimizer, int rank, int slots) throws Exception {
    return Replica.build(
        definition(optimizer, slots),
        rank,
        new ReplicaSettings(1, directory),
        Clusters.data(directory, RECORDS, rank, slots));
  }

  private Run run(String optimizer, int slots, int steps) throws Exception {
    List<Run> runs =
        Clusters.together(
            slots,
            1,
            (rank, ring) -> {
              try (Replica replica = replica(optimizer, rank, slots)) {
                replica.initialize();
                replica.join(ring, Set.of());
                List<Double> losses = new ArrayList<>();
                for (int step = 0; step < steps; step++) {
                  losses.add(replica.train(1, Clusters.QUIET).lossSum());
                }
                Run run = new Run(losses, replica.variables());
                replica.leave();
                return run;
              }
            });
    List<Double> losses = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      double sum = 0;
      for (Run run : runs) {
        sum += run.losses().get(step);
      }
      losses.add(sum / GLOBAL_BATCH);
    }
    for (Run run : runs) {
      assertSameBits(run.variables(), runs.get(0).variables());
    }
    return new Run(losses, runs.get(0).variables());
  }

  private static <T> T of(Map<String, T> values, String name) {
    return java.util.Objects.requireNonNull(values.get(name), name);
  }

  private static void assertSameBits(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).contains("hidden/kernel").isEqualTo(expected.keySet());
    actual.forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam"})
  void severalSlotsEqualOneSlotWithTheSameGlobalBatch(String optimizer) throws Exception {
    Run one = run(optimizer, 1, 10);
    for (int slots : new int[] {2, 4}) {
      Run several = run(optimizer, slots, 10);
      for (int step = 0; step < 10; step++) {
        assertThat(several.losses().get(step))
            .isCloseTo(
                one.losses().get(step), org.assertj.core.data.Percentage.withPercentage(1e-3));
      }
      one.variables()
          .forEach(
              (name, expected) -> {
                float[] actual = of(several.variables(), name);
                float scale = 0;
                for (float value : expected) {
                  scale = Math.max(scale, Math.abs(value));
                }
                for (int i = 0; i < expected.length; i++) {
                  assertThat(actual[i])
                      .as(name + "[" + i + "] with " + slots + " slots")
                      .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(1e-5f * scale));
                }
              });
    }
  }

  @Test
  void twoRunsWithTheSameSeedAreTheSameBits() throws Exception {
    Run first = run("adam", 2, 10);
    Run second = run("adam", 2, 10);
    assertThat(second.losses()).isEqualTo(first.losses());
    assertSameBits(second.variables(), first.variables());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam"})
  void oneSlotEqualsAPlainLoopBitForBit(String optimizer) throws Exception {
    Run ours = run(optimizer, 1, 10);
    Run plain = plainLoop(optimizer, 10);
    assertThat(ours.losses()).isEqualTo(plain.losses());
    plain
        .variables()
        .forEach((name, value) -> assertThat(ours.variables().get(name)).as(name).isEqualTo(value));
  }

  /** The same model and data in TensorFlow Java alone, starting from the replica's first values. */
  private Run plainLoop(String optimizer, int steps) throws Exception {
    Map<String, float[]> start = run(optimizer, 1, 0).variables();
    try (Graph graph = new Graph();
        Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1))) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> x =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, Clusters.FEATURES)));
      Placeholder<TInt64> y = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1)));
      Map<String, Operand<TFloat32>> vars = new LinkedHashMap<>();
      List<Op> init = new ArrayList<>();
      Map<String, Shape> shapes = new LinkedHashMap<>();
      shapes.put("hidden/kernel", Shape.of(Clusters.FEATURES, 16));
      shapes.put("hidden/bias", Shape.of(16));
      shapes.put("logits/kernel", Shape.of(16, Clusters.CLASSES));
      shapes.put("logits/bias", Shape.of(Clusters.CLASSES));
      shapes.forEach(
          (name, shape) -> {
            Operand<TFloat32> v = tf.variable(shape, TFloat32.class);
            vars.put(name, v);
            init.add(
                tf.assign(
                    v,
                    tf.reshape(
                        tf.constant(java.util.Objects.requireNonNull(start.get(name))),
                        tf.constant(shape.asArray()))));
          });
      Operand<TFloat32> hidden =
          tf.nn.relu(
              tf.math.add(tf.linalg.matMul(x, of(vars, "hidden/kernel")), of(vars, "hidden/bias")));
      Operand<TFloat32> logits =
          tf.math.add(tf.linalg.matMul(hidden, of(vars, "logits/kernel")), of(vars, "logits/bias"));
      Operand<TFloat32> oneHot =
          tf.oneHot(y, tf.constant(Clusters.CLASSES), tf.constant(1f), tf.constant(0f));
      Operand<TFloat32> loss =
          tf.math.mean(tf.nn.softmaxCrossEntropyWithLogits(logits, oneHot).loss(), tf.constant(0));
      Op trainOp = update(tf, graph, optimizer, loss, vars, init);
      for (Op op : init) {
        session.run(op);
      }
      List<Double> losses = new ArrayList<>();
      for (int step = 0; step < steps; step++) {
        float[][] rows = new float[GLOBAL_BATCH][];
        long[] labels = new long[GLOBAL_BATCH];
        for (int i = 0; i < GLOBAL_BATCH; i++) {
          int record = (step * GLOBAL_BATCH + i) % RECORDS;
          rows[i] = Clusters.features(record);
          labels[i] = Clusters.label(record);
        }
        try (TFloat32 xs = TFloat32.tensorOf(org.tensorflow.ndarray.StdArrays.ndCopyOf(rows));
            TInt64 ys = TInt64.vectorOf(labels);
            Result result =
                session.runner().feed(x, xs).feed(y, ys).addTarget(trainOp).fetch(loss).run()) {
          losses.add((double) ((TFloat32) result.get(0)).getFloat() * GLOBAL_BATCH / GLOBAL_BATCH);
        }
      }
      Map<String, float[]> values = new LinkedHashMap<>();
      vars.forEach(
          (name, v) -> {
            try (Result result = session.runner().fetch(v).run()) {
              float[] copy = new float[(int) result.get(0).shape().size()];
              result.get(0).asRawTensor().data().asFloats().read(copy);
              values.put(name, copy);
            }
          });
      return new Run(losses, values);
    }
  }

  private static Op update(
      Ops tf,
      Graph graph,
      String optimizer,
      Operand<TFloat32> loss,
      Map<String, Operand<TFloat32>> vars,
      List<Op> init) {
    org.tensorflow.Output<?>[] gradients =
        graph.addGradients(
            loss.asOutput(),
            vars.values().stream().map(Operand::asOutput).toArray(org.tensorflow.Output[]::new));
    List<Op> gradientOps = new ArrayList<>(List.of(gradients));
    Ops after = tf.withControlDependencies(gradientOps);
    List<Op> updates = new ArrayList<>();
    List<Operand<TFloat32>> list = new ArrayList<>(vars.values());
    Operand<TFloat32> beta1 = scalar(tf, 0.9f, init);
    Operand<TFloat32> beta2 = scalar(tf, 0.999f, init);
    for (int i = 0; i < list.size(); i++) {
      @SuppressWarnings("unchecked")
      Operand<TFloat32> gradient = (Operand<TFloat32>) gradients[i];
      Operand<TFloat32> v = list.get(i);
      if (optimizer.equals("sgd")) {
        updates.add(after.train.applyGradientDescent(v, tf.constant(0.05f), gradient));
      } else {
        updates.add(
            after.train.applyAdam(
                v,
                zeros(tf, v, init),
                zeros(tf, v, init),
                beta1,
                beta2,
                tf.constant(0.05f),
                tf.constant(0.9f),
                tf.constant(0.999f),
                tf.constant(1e-8f),
                gradient));
      }
    }
    Ops last = tf.withControlDependencies(updates);
    return tf.withControlDependencies(
            List.of(
                last.assign(beta1, last.math.mul(beta1, tf.constant(0.9f))),
                last.assign(beta2, last.math.mul(beta2, tf.constant(0.999f)))))
        .noOp();
  }

  private static Operand<TFloat32> scalar(Ops tf, float value, List<Op> init) {
    Operand<TFloat32> v = tf.variable(Shape.scalar(), TFloat32.class);
    init.add(tf.assign(v, tf.constant(value)));
    return v;
  }

  private static Operand<TFloat32> zeros(Ops tf, Operand<TFloat32> like, List<Op> init) {
    Operand<TFloat32> v = tf.variable(like.asOutput().shape(), TFloat32.class);
    init.add(
        tf.assign(v, tf.fill(tf.constant(like.asOutput().shape().asArray()), tf.constant(0f))));
    return v;
  }

  @Test
  void checkpointRestoresIntoAFreshReplicaAndGoesOnAsIfNothingHadHappened() throws Exception {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoint"));
    Map<String, float[]> straight;
    try (Replica replica = replica("adam", 0, 1)) {
      replica.initialize();
      replica.join(Collective.single(), Set.of());
      replica.train(7, Clusters.QUIET);
      replica.checkpoint(checkpoint, Map.of("accuracy", 0.5));
      replica.train(13, Clusters.QUIET);
      straight = replica.variables();
    }
    try (Replica replica = replica("adam", 0, 1)) {
      replica.restore(checkpoint);
      replica.join(Collective.single(), Set.of(0));
      assertThat(replica.batchesTrained()).isEqualTo(7);
      replica.train(13, Clusters.QUIET);
      assertSameBits(replica.variables(), straight);
      Path second = Files.createDirectories(directory.resolve("second"));
      replica.checkpoint(second, Map.of());
      assertThat(second.resolve("custom.log")).hasContent("2");
    }
    assertThat(checkpoint.resolve("custom.log")).hasContent("1");
    assertThat(checkpoint.resolve("metadata.json")).exists();
    assertThat(checkpoint.resolve("graph/train.pb")).isNotEmptyFile();
    assertThat(checkpoint.resolve("graph/predict.pb")).isNotEmptyFile();
    try (SavedModelBundle model =
        SavedModelBundle.load(checkpoint.resolve("default/7").toString(), "serve")) {
      assertThat(model.signatures()).hasSize(1);
      try (TFloat32 x = TFloat32.tensorOf(Shape.of(2, Clusters.FEATURES));
          Result scores = model.call(Map.of("x", (Tensor) x))) {
        assertThat(scores.get("scores").orElseThrow().shape())
            .isEqualTo(Shape.of(2, Clusters.CLASSES));
      }
    }
  }

  @Test
  void validationCountsEachRecordOnce() throws Exception {
    try (TrialCheck check = TrialCheck.of(definition("sgd", 1))) {
      for (int slots : new int[] {1, 3}) {
        List<byte[]> states =
            Clusters.together(
                slots,
                1,
                (rank, ring) -> {
                  try (Replica replica =
                      Replica.build(
                          definition("sgd", slots),
                          rank,
                          new ReplicaSettings(1, directory),
                          Clusters.data(directory, 7, rank, slots))) {
                    replica.initialize();
                    replica.join(ring, Set.of());
                    return replica.evaluate(Clusters.QUIET);
                  }
                });
        Map<String, MetricValue> metrics = check.reduce(states);
        assertThat(metrics.keySet()).containsExactly("loss", "accuracy");
        double correct = ((MetricValue.Scalar) of(metrics, "accuracy")).value() * 7;
        assertThat(correct).isEqualTo(Math.rint(correct));
      }
    }
  }

  @Test
  void newcomerTakesTheStateOfTheOthers() throws Exception {
    Map<String, float[]> undisturbed = run("adam", 2, 9).variables();
    List<Replica> replicas =
        new ArrayList<>(
            Clusters.together(
                2,
                1,
                (rank, ring) -> {
                  Replica replica = replica("adam", rank, 2);
                  replica.initialize();
                  replica.join(ring, Set.of());
                  replica.train(5, Clusters.QUIET);
                  replica.leave();
                  return replica;
                }));
    replicas.get(0).close();
    replicas.set(0, replica("adam", 0, 2));
    List<Map<String, float[]>> after =
        Clusters.together(
            2,
            2,
            (rank, ring) -> {
              Replica replica = replicas.get(rank);
              replica.join(ring, Set.of(1));
              assertThat(replica.batchesTrained()).isEqualTo(5);
              replica.train(4, Clusters.QUIET);
              return replica.variables();
            });
    assertSameBits(after.get(0), undisturbed);
    assertSameBits(after.get(1), undisturbed);
    replicas.forEach(Replica::close);
  }

  @Test
  void cancelledStepEndsAtOnceAndLeavesTheVariablesAsTheyWere() throws Exception {
    List<Replica> replicas = new ArrayList<>();
    List<String> ends =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              Replica replica = replica("adam", rank, 2);
              synchronized (replicas) {
                replicas.add(replica);
              }
              replica.initialize();
              replica.join(ring, Set.of());
              replica.train(3, Clusters.QUIET);
              if (rank == 1) {
                replica.leave();
                return "left";
              }
              Map<String, float[]> before = replica.variables();
              try {
                replica.train(1, Clusters.QUIET);
                return "trained";
              } catch (dev.muster.job.collective.CollectiveException e) {
                assertSameBits(replica.variables(), before);
                return String.valueOf(e.getMessage());
              }
            });
    replicas.forEach(Replica::close);
    assertThat(ends.get(1)).isEqualTo("left");
    assertThat(ends.get(0)).contains("rank 1");
  }
}
