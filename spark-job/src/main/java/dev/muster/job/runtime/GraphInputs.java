package dev.muster.job.runtime;

import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * What goes into a graph of the model.
 *
 * @param features as the model function reads them, by name
 * @param labels as the model function reads them, by name
 * @param fed the placeholders of a run, by the names of the data set's columns or the signature's
 *     inputs
 */
record GraphInputs(
    Map<String, Operand<?>> features, Map<String, Operand<?>> labels, Map<String, Operand<?>> fed) {
  /** The input of a receiver of examples. */
  static final String EXAMPLES = "examples";

  /** Makes the inputs of an empty graph. */
  @FunctionalInterface
  interface Maker {
    GraphInputs make(Graph graph);
  }

  /**
   * The batches of a data set, after its maps.
   *
   * @param entrypoint the trial's, for messages
   */
  static Maker of(Dataset dataset, String entrypoint) {
    return graph -> {
      Map<String, ModelGraph.Placeholders.Input> features = new LinkedHashMap<>();
      Map<String, ModelGraph.Placeholders.Input> labels = new LinkedHashMap<>();
      for (Column column : dataset.columns()) {
        add(column, column.role() == Column.Role.FEATURE ? features : labels);
      }
      Map<String, Operand<?>> featureInputs = ModelGraph.Placeholders.create(graph, features);
      Map<String, Operand<?>> labelInputs = ModelGraph.Placeholders.create(graph, labels);
      Map<String, Operand<?>> fed = new LinkedHashMap<>(featureInputs);
      fed.putAll(labelInputs);
      return dataset.pipeline().maps().isEmpty()
          ? new GraphInputs(featureInputs, labelInputs, fed)
          : MappedColumns.of(graph, dataset, fed, entrypoint);
    };
  }

  private static void add(Column column, Map<String, ModelGraph.Placeholders.Input> inputs) {
    if (!column.isSparse()) {
      inputs.put(
          column.name(), new ModelGraph.Placeholders.Input(column.type(), column.batchShape()));
      return;
    }
    inputs.put(
        column.indicesName(), new ModelGraph.Placeholders.Input(TInt64.class, Shape.of(-1, 2)));
    inputs.put(column.valuesName(), new ModelGraph.Placeholders.Input(column.type(), Shape.of(-1)));
    inputs.put(column.shapeName(), new ModelGraph.Placeholders.Input(TInt64.class, Shape.of(2)));
  }

  /** The requests to a served model. */
  static Maker of(ServingInputReceiver receiver) {
    return receiver.isExamples()
        ? graph -> examples(graph, receiver)
        : graph -> tensors(graph, receiver);
  }

  private static GraphInputs tensors(Graph graph, ServingInputReceiver receiver) {
    Map<String, ModelGraph.Placeholders.Input> inputs = new LinkedHashMap<>();
    receiver
        .inputs()
        .forEach(
            (name, input) ->
                inputs.put(name, new ModelGraph.Placeholders.Input(input.type(), input.shape())));
    Map<String, Operand<?>> features = ModelGraph.Placeholders.create(graph, inputs);
    return new GraphInputs(features, Map.of(), features);
  }

  private static GraphInputs examples(Graph graph, ServingInputReceiver receiver) {
    Ops tf = Ops.create(graph);
    Placeholder<TString> serialized =
        tf.withName(EXAMPLES).placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
    Map<String, Operand<?>> features =
        ExampleParser.parse(tf.withSubScope("parse"), serialized, receiver);
    return new GraphInputs(features, Map.of(), Map.of(EXAMPLES, serialized));
  }
}
