package dev.muster.examples.digits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.data.Column;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.hook.SessionHook;
import dev.muster.trial.layer.Variables;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

class DigitsTrialTest {
  private static final int BATCH = 64;

  private final DigitsTrial trial =
      new DigitsTrial(
          new LocalContext(Map.of("global_batch_size", BATCH, "learning_rate", 0.005), Map.of()));

  @Test
  void modelLearnsDrawnDigits() {
    try (Graph graph = new Graph()) {
      Variables variables = new Variables(graph, 1);
      Map<String, Operand<?>> features = inputs(graph, Column.Role.FEATURE);
      Map<String, Operand<?>> labels = inputs(graph, Column.Role.LABEL);
      EstimatorSpec.Train spec =
          (EstimatorSpec.Train) build(graph, Mode.TRAIN, features, labels, variables);
      try (Session session = new Session(graph)) {
        variables.initializers().forEach(session::run);
        float first = step(session, spec, features, labels, 0);
        float last = first;
        for (int batch = 1; batch < 150; batch++) {
          last = step(session, spec, features, labels, batch);
        }
        assertThat(first).isBetween(1.5f, 4f);
        assertThat(last).isLessThan(first / 4);
      }
    }
  }

  @Test
  void evaluationHasAccuracyAndWorstDigit() {
    try (Graph graph = new Graph()) {
      EstimatorSpec.Eval spec =
          (EstimatorSpec.Eval)
              build(
                  graph,
                  Mode.EVAL,
                  inputs(graph, Column.Role.FEATURE),
                  inputs(graph, Column.Role.LABEL),
                  new Variables(graph, 1));
      assertThat(spec.metrics()).containsOnlyKeys("accuracy", "worst_digit");
    }
  }

  @Test
  void servedModelTakesWhatTheReceiverDeclares() {
    assertThat(trial.buildServingInputReceivers()).containsOnlyKeys("digits");
    assertThat(trial.buildServingInputReceivers().get("digits").inputs())
        .hasEntrySatisfying(
            "image",
            input -> {
              assertThat(input.type()).isEqualTo(TUint8.class);
              assertThat(input.shape().asArray()).containsExactly(-1, 784);
            });
    try (Graph graph = new Graph()) {
      EstimatorSpec.Predict spec =
          (EstimatorSpec.Predict)
              build(
                  graph,
                  Mode.PREDICT,
                  inputs(graph, Column.Role.FEATURE),
                  Map.of(),
                  new Variables(graph, 1));
      assertThat(spec.outputs()).containsOnlyKeys("scores");
    }
  }

  @Test
  void bothDataSetsAreSharedOutAndBatched() {
    assertThat(trial.buildTrainSpec().dataset())
        .satisfies(
            data -> {
              assertThat(data.isWrapped()).isTrue();
              assertThat(data.isShuffled()).isTrue();
              assertThat(data.isBatched()).isTrue();
            });
    assertThat(trial.buildValidationSpec().dataset())
        .satisfies(
            data -> {
              assertThat(data.isWrapped()).isTrue();
              assertThat(data.isShuffled()).isFalse();
              assertThat(data.isBatched()).isTrue();
            });
  }

  @Test
  void hookWritesMetadataIntoTheCheckpoint(@TempDir Path checkpoint) throws Exception {
    for (SessionHook hook : trial.buildTrainSpec().hooks()) {
      ((RunHook) hook).onCheckpointEnd(checkpoint);
    }
    assertThat(checkpoint.resolve("metadata.txt")).hasContent("my_metadata");
  }

  private EstimatorSpec build(
      Graph graph,
      Mode mode,
      Map<String, Operand<?>> features,
      Map<String, Operand<?>> labels,
      Variables variables) {
    return trial
        .buildEstimator()
        .model()
        .build(new ModelScope(graph, mode, Map.of(), features, labels, variables));
  }

  private Map<String, Operand<?>> inputs(Graph graph, Column.Role role) {
    Map<String, Operand<?>> inputs = new LinkedHashMap<>();
    for (Column column : trial.buildTrainSpec().dataset().columns()) {
      if (column.role() == role) {
        inputs.put(
            column.name(),
            Ops.create(graph).placeholder(column.type(), Placeholder.shape(column.batchShape())));
      }
    }
    return inputs;
  }

  private static float step(
      Session session,
      EstimatorSpec.Train spec,
      Map<String, Operand<?>> features,
      Map<String, Operand<?>> labels,
      int batch) {
    byte[] pixels = new byte[BATCH * DrawnDigit.PIXELS];
    long[] digits = new long[BATCH];
    for (int i = 0; i < BATCH; i++) {
      DrawnDigit drawn = DrawnDigit.draw(1, (long) batch * BATCH + i);
      System.arraycopy(drawn.pixels(), 0, pixels, i * DrawnDigit.PIXELS, DrawnDigit.PIXELS);
      digits[i] = drawn.digit();
    }
    try (TUint8 images =
            TUint8.tensorOf(
                Shape.of(BATCH, DrawnDigit.PIXELS), DataBuffers.of(pixels, true, false));
        TInt64 truth = TInt64.tensorOf(Shape.of(BATCH), DataBuffers.of(digits, true, false));
        var result =
            session
                .runner()
                .feed(features.get("image"), images)
                .feed(labels.get("digit"), truth)
                .fetch(spec.loss())
                .addTarget(spec.trainOp())
                .run()) {
      return ((TFloat32) result.get(0)).getFloat();
    }
  }
}
