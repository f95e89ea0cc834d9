package dev.muster.job.runtime;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.ServingInputReceiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;

/** The PREDICT graphs of the chief, one per serving receiver, and the SavedModels made of them. */
final class Serving implements AutoCloseable {
  private record Model(ModelGraph graph, Session session, Signature signature) {}

  private final Map<String, Model> models = new LinkedHashMap<>();

  private Serving() {}

  static Serving build(
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context,
      ReplicaSettings settings) {
    Serving serving = new Serving();
    try {
      for (Map.Entry<String, ServingInputReceiver> receiver : trial.receivers().entrySet()) {
        ModelGraph graph = ModelGraph.serving(receiver.getValue(), trial, definition, context);
        serving.models.put(
            receiver.getKey(),
            new Model(
                graph,
                new Session(
                    graph.graph(), false, TensorFlowRuntime.sessionConfig(settings.threads())),
                signature(graph)));
      }
      return serving;
    } catch (RuntimeException e) {
      serving.close();
      throw e;
    }
  }

  static Signature signature(ModelGraph graph) {
    Signature.Builder signature =
        Signature.builder().key("serving_default").methodName("tensorflow/serving/predict");
    graph.inputs().forEach(signature::input);
    ((EstimatorSpec.Predict) graph.spec()).outputs().forEach(signature::output);
    return signature.build();
  }

  /** Writes {@code <key>/<global step>/} for each receiver, from the variables that are there. */
  void write(Path checkpoint, long globalStep) throws IOException {
    Path predict = checkpoint.resolve("graph").resolve("predict.pb");
    for (Map.Entry<String, Model> entry : models.entrySet()) {
      Model model = entry.getValue();
      if (!Files.exists(predict)) {
        Files.write(predict, model.graph().graph().toGraphDef().toByteArray());
      }
      model.session().restore(CheckpointFiles.variables(checkpoint).toString());
      Path directory = checkpoint.resolve(entry.getKey()).resolve(Long.toString(globalStep));
      SavedModelBundle.exporter(directory.toString())
          .withSession(model.session())
          .withSignature(model.signature())
          .export();
    }
  }

  @Override
  public void close() {
    models
        .values()
        .forEach(
            model -> {
              model.session().close();
              model.graph().close();
            });
    models.clear();
  }
}
