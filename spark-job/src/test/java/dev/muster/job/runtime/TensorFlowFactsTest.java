package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.layer.Activation;
import dev.muster.trial.layer.Layers;
import dev.muster.trial.layer.Variables;
import dev.muster.trial.optimizer.GradientAndVariable;
import dev.muster.trial.optimizer.Optimizer;
import dev.muster.trial.optimizer.Optimizers;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.io.FifoQueue;
import org.tensorflow.op.io.QueueClose;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * What TensorFlow Java does and does not promise, one test per fact that the code leans on: to be
 * looked at when its version changes.
 */
class TensorFlowFactsTest {
  private static final int ELEMENTS = 1 << 16;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private static TFloat32 filled(float value) {
    TFloat32 tensor = TFloat32.tensorOf(Shape.of(ELEMENTS));
    fill(tensor, value);
    return tensor;
  }

  private static void fill(TFloat32 tensor, float value) {
    FloatBuffer floats = TensorFlowInternals.memory(tensor).asFloatBuffer();
    for (int i = 0; i < floats.capacity(); i++) {
      floats.put(i, value);
    }
  }

  @Test
  void anOpCanBeGivenAnotherInputBeforeTheFirstSession() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> standIn = tf.identity(tf.constant(1f));
      Operand<TFloat32> user = tf.math.mul(standIn, tf.constant(10f));
      TensorFlowInternals.redirect(
          graph, tf.constant(2f).asOutput(), (GraphOperation) standIn.op(), 0);
      try (Session session = new Session(graph);
          Result result = session.runner().fetch(user).fetch(standIn).run()) {
        assertThat(((TFloat32) result.get(0)).getFloat()).isEqualTo(20);
        assertThat(((TFloat32) result.get(1)).getFloat()).isEqualTo(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWaitsForADeadTensorDoesNotRunAndAMergeRevivesWhatFollows(boolean alive) {
    try (Graph graph = new Graph();
        TBool fed = TBool.scalarOf(alive)) {
      Ops tf = Ops.create(graph);
      Placeholder<TBool> turn = tf.placeholder(TBool.class, Placeholder.shape(Shape.scalar()));
      Variable<TFloat32> byData = tf.variable(Shape.scalar(), TFloat32.class);
      Variable<TFloat32> byControl = tf.variable(Shape.scalar(), TFloat32.class);
      Variable<TFloat32> after = tf.variable(Shape.scalar(), TFloat32.class);
      Op zero =
          tf.withControlDependencies(
                  List.of(
                      tf.assign(byData, tf.constant(0f)),
                      tf.assign(byControl, tf.constant(0f)),
                      tf.assign(after, tf.constant(0f))))
              .noOp();
      Operand<TFloat32> gradient = tf.switchCond(tf.constant(1f), turn).outputTrue();
      Op first = tf.assignAdd(byData, gradient);
      Op second = tf.withControlDependencies(List.of(first)).assignAdd(byControl, tf.constant(1f));
      SwitchCond<TBool> either = tf.switchCond(turn, turn);
      Operand<TBool> done =
          tf.withControlDependencies(List.of(second)).identity(either.outputTrue());
      Operand<TBool> revived = tf.<TBool>merge(List.of(either.outputFalse(), done)).output();
      Op third = tf.withControlDependencies(List.of(revived)).assignAdd(after, tf.constant(1f));
      try (Session session = new Session(graph)) {
        session.run(zero);
        session
            .runner()
            .feed(turn, fed)
            .addTarget(first)
            .addTarget(second)
            .addTarget(third)
            .fetch(revived)
            .run()
            .close();
        try (Result result = session.runner().fetch(byData).fetch(byControl).fetch(after).run()) {
          float expected = alive ? 1 : 0;
          assertThat(((TFloat32) result.get(0)).getFloat()).isEqualTo(expected);
          assertThat(((TFloat32) result.get(1)).getFloat()).isEqualTo(expected);
          assertThat(((TFloat32) result.get(2)).getFloat()).isEqualTo(1);
        }
      }
    }
  }

  /** A queue as the exchange uses it, with both its ends. */
  private static final class QueueGraph implements AutoCloseable {
    final Graph graph = new Graph();
    final Ops tf = Ops.create(graph);
    final FifoQueue queue =
        tf.io.fifoQueue(
            List.of(TFloat32.class),
            FifoQueue.capacity(1L),
            FifoQueue.shapes(List.of(Shape.of(ELEMENTS))));
    final Placeholder<TFloat32> item =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(ELEMENTS)));
    final Op enqueue = tf.io.queueEnqueue(queue, List.of(item));
    final Output<?> dequeue =
        tf.io.queueDequeue(queue, List.of(TFloat32.class)).components().get(0).asOutput();
    final Op cancel = tf.io.queueClose(queue, QueueClose.cancelPendingEnqueues(true));

    Session session() {
      return new Session(graph, false, TensorFlowRuntime.sessionConfig(2));
    }

    void enqueue(Session session, TFloat32 value) {
      session.runner().feed(item, value).addTarget(enqueue).run().close();
    }

    @Override
    public void close() {
      graph.close();
    }
  }

  @Test
  void memoryOfATensorIsItsData() {
    try (TFloat32 tensor = TFloat32.tensorOf(StdArrays.ndCopyOf(new float[][] {{1, 2}, {3, 4}}))) {
      ByteBuffer memory = TensorFlowInternals.memory(tensor);
      assertThat(memory.isDirect()).isTrue();
      assertThat(memory.capacity()).isEqualTo(16);
      assertThat(memory.getFloat(8)).isEqualTo(3);
      memory.putFloat(8, 5);
      assertThat(tensor.getFloat(1, 0)).isEqualTo(5);
    }
  }

  /** So a batch or a mean costs nothing to hand over, however large. */
  @Test
  void aFedTensorIsNotCopied() {
    try (Graph graph = new Graph();
        Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1));
        TFloat32 fed = filled(1)) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> input =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(ELEMENTS)));
      Operand<TFloat32> same = tf.identity(input);
      try (Result result = session.runner().feed(input, fed).fetch(same).run()) {
        fill(fed, 2);
        assertThat(((TFloat32) result.get(0)).getFloat(7)).isEqualTo(2);
      }
    }
  }

  /** So a buffer may be written again only after the step that dequeues it: two buffers in turn. */
  @Test
  void aQueueKeepsWhatItWasFedByReference() {
    try (QueueGraph g = new QueueGraph();
        Session session = g.session();
        TFloat32 fed = filled(1)) {
      g.enqueue(session, fed);
      fill(fed, 2);
      try (Result result = session.runner().fetch(g.dequeue).run()) {
        assertThat(((TFloat32) result.get(0)).getFloat(7)).isEqualTo(2);
      }
    }
  }

  /** So a snapshot of a variable needs a copy. */
  @Test
  void aFetchedVariableChangesUnderItsHolder() {
    try (Graph graph = new Graph();
        Session session = new Session(graph, false, TensorFlowRuntime.sessionConfig(1))) {
      Ops tf = Ops.create(graph);
      Variable<TFloat32> variable = tf.variable(Shape.of(ELEMENTS), TFloat32.class);
      Operand<TFloat32> ones = tf.fill(tf.constant(new int[] {ELEMENTS}), tf.constant(1f));
      session.runner().addTarget(tf.assign(variable, ones)).run().close();
      Operand<TFloat32> added = tf.assignAdd(variable, ones);
      Operand<TFloat32> copied = tf.deepCopy(variable);
      try (Result fetched = session.runner().fetch(variable).fetch(copied).run()) {
        session.runner().addTarget(added).run().close();
        assertThat(((TFloat32) fetched.get(0)).getFloat(3)).isEqualTo(2);
        assertThat(((TFloat32) fetched.get(1)).getFloat(3)).isEqualTo(1);
      }
    }
  }

  @Test
  void closingAQueueFreesABlockedStepForGoodButNotANewSession() throws Exception {
    try (QueueGraph g = new QueueGraph();
        TFloat32 fed = filled(1)) {
      try (Session session = g.session()) {
        CompletableFuture<Void> blocked =
            CompletableFuture.runAsync(() -> session.runner().fetch(g.dequeue).run().close());
        assertThat(blocked).isNotDone();
        session.runner().addTarget(g.cancel).run().close();
        assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasMessageContaining("closed");
        assertThatThrownBy(() -> g.enqueue(session, fed)).hasMessageContaining("closed");
      }
      try (Session next = g.session()) {
        g.enqueue(next, fed);
        try (Result result = next.runner().fetch(g.dequeue).run()) {
          assertThat(((TFloat32) result.get(0)).getFloat(0)).isEqualTo(1);
        }
      }
    }
  }

  /** A model of two dense layers with Adam, by trial-api's own parts. */
  private static final class Model implements AutoCloseable {
    static final int FEATURES = 8;

    final Graph graph = new Graph();
    final Ops tf = Ops.create(graph);
    final Variables variables = new Variables(graph, 1);
    final Placeholder<TFloat32> x =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, FEATURES)));
    final Operand<TFloat32> loss;
    final List<Output<?>> gradients = new ArrayList<>();
    final Op step;
    final Session session;

    Model(int interOpThreads) {
      Layers layers = Layers.forTraining(tf, variables);
      Operand<TFloat32> hidden = layers.dense("hidden", x, 16, Activation.RELU);
      Operand<TFloat32> out = layers.dense("out", hidden, 4);
      loss = tf.math.mean(tf.math.square(out), tf.constant(new int[] {0, 1}));
      Optimizer adam = new Optimizers(graph, variables).adam(0.1f);
      List<GradientAndVariable> pairs = adam.computeGradients(loss);
      pairs.forEach(pair -> gradients.add(pair.gradient().asOutput()));
      step = adam.applyGradients(pairs);
      session =
          new Session(
              graph,
              false,
              TensorFlowRuntime.sessionConfig(1).toBuilder()
                  .setInterOpParallelismThreads(interOpThreads)
                  .build());
      Session.Runner first = session.runner();
      variables.initializers().forEach(first::addTarget);
      first.run().close();
    }

    static TFloat32 batch(int examples) {
      TFloat32 batch = TFloat32.tensorOf(Shape.of(examples, FEATURES));
      FloatBuffer floats = TensorFlowInternals.memory(batch).asFloatBuffer();
      for (int i = 0; i < floats.capacity(); i++) {
        floats.put(i, (float) Math.sin(i + 1));
      }
      return batch;
    }

    float loss(TFloat32 batch) {
      return run(session.runner().feed(x, batch).fetch(loss));
    }

    float step(TFloat32 batch) {
      return run(session.runner().feed(x, batch).addTarget(step).fetch(loss));
    }

    private static float run(Session.Runner runner) {
      try (Result result = runner.run()) {
        return ((TFloat32) result.get(0)).getFloat();
      }
    }

    List<Integer> bits() {
      List<Integer> bits = new ArrayList<>();
      Session.Runner runner = session.runner();
      List<Output<TFloat32>> trained = List.copyOf(variables.trainable().values());
      trained.forEach(runner::fetch);
      try (Result result = runner.run()) {
        for (int i = 0; i < trained.size(); i++) {
          FloatBuffer floats = TensorFlowInternals.memory(result.get(i)).asFloatBuffer();
          for (int j = 0; j < floats.capacity(); j++) {
            bits.add(Float.floatToRawIntBits(floats.get(j)));
          }
        }
      }
      return bits;
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }

  /**
   * The update waits for the loss; without that a fetch with the step sees new weights at times.
   */
  @Test
  void theLossOfAStepIsTheLossBeforeItsUpdate() {
    try (Model model = new Model(2);
        TFloat32 batch = Model.batch(4)) {
      for (int i = 0; i < 500; i++) {
        float before = model.loss(batch);
        assertThat(model.step(batch)).as("step " + i).isEqualTo(before);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void adamGivesTheSameBitsInEachRun(int interOpThreads) {
    List<Integer> first = adam(interOpThreads);
    assertThat(first).isEqualTo(adam(1));
    for (int run = 1; run < 5; run++) {
      assertThat(adam(interOpThreads)).as("run " + run).isEqualTo(first);
    }
  }

  private static List<Integer> adam(int interOpThreads) {
    try (Model model = new Model(interOpThreads);
        TFloat32 batch = Model.batch(4)) {
      for (int i = 0; i < 30; i++) {
        model.step(batch);
      }
      return model.bits();
    }
  }

  /** A slot may have no record of a batch: its gradients exist, with the variables' shapes. */
  @Test
  void anEmptyBatchGoesThroughDenseLayersAndTheirGradients() {
    try (Model model = new Model(1);
        TFloat32 batch = Model.batch(0)) {
      assertThat(model.loss(batch)).isNaN();
      Session.Runner runner = model.session.runner().feed(model.x, batch);
      model.gradients.forEach(runner::fetch);
      try (Result result = runner.run()) {
        for (int i = 0; i < model.gradients.size(); i++) {
          assertThat(result.get(i).shape()).isEqualTo(shape(model, i));
        }
      }
    }
  }

  private static Shape shape(Model model, int variable) {
    return List.copyOf(model.variables.trainable().values()).get(variable).shape();
  }
}
