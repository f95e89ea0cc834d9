package dev.muster.job.spark;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gradients;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.SoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Trains the model of {@link GangTrial} in a plain loop of TensorFlow Java, then as an experiment
 * with a validation at the end, then with one after every scheduling unit; prints what each took.
 */
public final class OverheadScenario {
  private static final PrintStream OUT = System.out;
  private static final int BATCHES = 2000;
  private static final int BATCH = 64;
  private static final int HIDDEN = 1280;

  private static long legsStart;
  private static long legsEnd;

  private OverheadScenario() {}

  /** Args: as for {@link IdleExecutors}. */
  public static void main(String[] args) throws Exception {
    NativeLibraries.load(new SparkConf(), "of the driver");
    plainLoop(100);
    long start = System.nanoTime();
    plainLoop(BATCHES);
    say("plainMillis", millis(start, System.nanoTime()));
    List<String> overrides =
        List.of(args).subList(4, args.length).stream()
            .filter(word -> !word.equals("--config"))
            .toList();
    run("atEnd", args[1], overrides, BATCHES);
    run("everyUnit", args[1], overrides, 100);
    System.exit(0);
  }

  private static void run(String name, String file, List<String> given, int period)
      throws Exception {
    List<String> overrides = new ArrayList<>(given);
    overrides.addAll(
        List.of(
            "min_validation_period={batches: " + period + "}",
            "searcher.max_length={batches: " + BATCHES + "}",
            "scheduling_unit=100",
            "hyperparameters.hidden=" + HIDDEN,
            "hyperparameters.learning_rate=0.01",
            "hyperparameters.global_batch_size=" + BATCH,
            "resources.slots_per_trial=1"));
    long start = System.nanoTime();
    JobExit exit =
        new ExperimentJob(
                new RunRequest(file, overrides, Optional.of(name), false), OverheadScenario::line)
            .run();
    if (exit != JobExit.DONE) {
      throw new IllegalStateException("The run ended with " + exit);
    }
    say(name + "RunMillis", millis(start, System.nanoTime()));
    say(name + "LegsMillis", millis(legsStart, legsEnd));
  }

  private static void line(String line) {
    OUT.println(line);
    if (line.startsWith("trial 1: rank 0 runs on ")) {
      legsStart = System.nanoTime();
    } else if (line.startsWith("state ")) {
      legsEnd = System.nanoTime();
    }
  }

  private static void plainLoop(int batches) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
      Placeholder<TInt64> y = tf.placeholder(TInt64.class);
      List<Variable<TFloat32>> variables =
          List.of(
              tf.variable(Shape.of(GangTrial.FEATURES, HIDDEN), TFloat32.class),
              tf.variable(Shape.of(HIDDEN), TFloat32.class),
              tf.variable(Shape.of(HIDDEN, GangTrial.CLASSES), TFloat32.class),
              tf.variable(Shape.of(GangTrial.CLASSES), TFloat32.class));
      Operand<TFloat32> hidden =
          tf.nn.relu(tf.math.add(tf.linalg.matMul(x, variables.get(0)), variables.get(1)));
      Operand<TFloat32> logits =
          tf.math.add(tf.linalg.matMul(hidden, variables.get(2)), variables.get(3));
      SoftmaxCrossEntropyWithLogits<TFloat32> entropy =
          SoftmaxCrossEntropyWithLogits.create(
              tf.scope(),
              logits,
              tf.oneHot(y, tf.constant(GangTrial.CLASSES), tf.constant(1f), tf.constant(0f)));
      Operand<TFloat32> loss = tf.math.mean(entropy.loss(), tf.constant(0));
      Gradients gradients = tf.gradients(loss, variables);
      try (Session session = new Session(graph);
          TFloat32 features = TFloat32.tensorOf(StdArrays.ndCopyOf(features()));
          TInt64 labels = TInt64.tensorOf(StdArrays.ndCopyOf(new long[BATCH]))) {
        Session.Runner initialize = session.runner();
        for (Variable<TFloat32> variable : variables) {
          initialize.addTarget(
              tf.assign(
                  variable,
                  tf.random.truncatedNormal(
                      tf.constant(variable.shape().asArray()), TFloat32.class)));
        }
        initialize.run().close();
        List<Operand<TFloat32>> updates = new ArrayList<>();
        for (int i = 0; i < variables.size(); i++) {
          updates.add(
              tf.train.applyGradientDescent(
                  variables.get(i), tf.constant(0.001f), gradients.<TFloat32>dy(i)));
        }
        for (int batch = 0; batch < batches; batch++) {
          Session.Runner step = session.runner().feed(x, features).feed(y, labels).fetch(loss);
          updates.forEach(step::addTarget);
          try (Result result = step.run()) {
            ((TFloat32) result.get(0)).getFloat();
          }
        }
      }
    }
  }

  private static float[][] features() {
    float[][] rows = new float[BATCH][GangTrial.FEATURES];
    for (int row = 0; row < BATCH; row++) {
      for (int i = 0; i < GangTrial.FEATURES; i++) {
        rows[row][i] = row * (2 * i + 1) % 17 / 17f;
      }
    }
    return rows;
  }

  private static long millis(long start, long end) {
    return (end - start) / 1_000_000;
  }

  private static void say(String key, long value) {
    OUT.println("RESULT overhead " + key + " " + value);
  }
}
