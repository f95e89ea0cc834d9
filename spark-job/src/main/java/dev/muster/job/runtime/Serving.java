package dev.muster.job.runtime;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.ServingInputReceiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TString;

/** The PREDICT graphs of the chief, one per serving receiver, and the SavedModels made of them. */
final class Serving implements AutoCloseable {
  private record Model(
      ModelGraph graph,
      Session session,
      List<Signature> signatures,
      Map<String, String> assetTensors) {}

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
        serving.models.put(
            receiver.getKey(),
            model(ModelGraph.serving(receiver.getValue(), trial, definition, context), settings));
      }
      return serving;
    } catch (RuntimeException e) {
      serving.close();
      throw e;
    }
  }

  private static Model model(ModelGraph graph, ReplicaSettings settings) {
    try {
      Map<String, String> assetTensors = new LinkedHashMap<>();
      Ops tf = Ops.create(graph.graph()).withSubScope("assets");
      graph
          .assets()
          .keySet()
          .forEach(file -> assetTensors.put(file, tf.constant(file).op().name()));
      List<Signature> signatures = signatures(graph);
      Session session =
          new Session(graph.graph(), false, TensorFlowRuntime.sessionConfig(settings.threads()));
      return new Model(graph, session, signatures, assetTensors);
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
  }

  /** Those of the specification; one of the method classify only where examples come in. */
  static List<Signature> signatures(ModelGraph graph) {
    List<Signature> signatures = new ArrayList<>();
    Operand<?> examples = graph.inputs().get(GraphInputs.EXAMPLES);
    boolean parses = graph.inputs().size() == 1 && isStrings(examples);
    ((EstimatorSpec.Predict) graph.spec())
        .signatures()
        .forEach(
            (name, declared) -> {
              boolean classifies = declared.method().equals(EstimatorSpec.Signature.CLASSIFY);
              if (classifies && !parses) {
                return;
              }
              Signature.Builder signature =
                  Signature.builder().key(name).methodName(declared.method());
              graph
                  .inputs()
                  .forEach((input, op) -> signature.input(classifies ? "inputs" : input, op));
              declared
                  .outputs()
                  .forEach((output, op) -> signature.output(output, fetchable(graph, op)));
              signatures.add(signature.build());
            });
    return signatures;
  }

  /** TensorFlow refuses to fetch what is fed: a key that is handed through, say. */
  private static Operand<?> fetchable(ModelGraph graph, Operand<?> output) {
    return output.op().type().equals("Placeholder")
        ? Ops.create(graph.graph()).identity(output)
        : output;
  }

  private static boolean isStrings(@Nullable Operand<?> input) {
    return input != null
        && input.type().equals(TString.class)
        && input.asOutput().shape().numDimensions() == 1;
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
          .withSignatures(model.signatures().toArray(new Signature[0]))
          .export();
      SavedAssets.add(directory, model.graph().assets(), model.assetTensors());
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
