package dev.muster.job.runtime;

import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;

/** What is wrong with a graph of the model, found when it is built. */
final class ModelCheck {
  private static final Set<String> ASSIGNMENTS =
      Set.of("Assign", "AssignAdd", "AssignSub", "ScatterUpdate", "ScatterAdd", "CountUpTo");

  private ModelCheck() {}

  /**
   * Refuses variables that the training graph does not have, or has otherwise: they are matched by
   * name.
   */
  static void variables(ModelGraph model, Map<String, VariableType> training) {
    Mode mode = model.spec().mode();
    Map<String, VariableType> own = VariableType.of(model);
    Set<String> unknown = new TreeSet<>(own.keySet());
    unknown.removeAll(training.keySet());
    if (!unknown.isEmpty()) {
      throw new TrialException(
          "Cannot use the model in mode "
              + mode
              + ": its variables "
              + unknown
              + " do not exist in mode TRAIN, which has "
              + training.keySet()
              + "; variables are matched by name: build the same layers in every mode, in the model"
              + " function of buildEstimator()");
    }
    List<String> differences = new ArrayList<>();
    own.forEach(
        (name, type) -> {
          VariableType wanted = training.get(name);
          String difference =
              wanted == null ? "" : type.difference("mode " + mode, wanted, "mode TRAIN");
          if (!difference.isEmpty()) {
            differences.add("variable '" + name + "' " + difference);
          }
        });
    if (!differences.isEmpty()) {
      throw new TrialException(
          "Cannot use the model in mode "
              + mode
              + ": "
              + String.join("; ", differences)
              + "; build the same layers in every mode, in the model function of buildEstimator()");
    }
  }

  /** Refuses a training graph whose own ops write the global step: it would advance twice. */
  static void globalStep(ModelGraph train) {
    Set<String> initializers =
        train.scope().initializers().stream().map(op -> op.op().name()).collect(Collectors.toSet());
    train
        .graph()
        .operations()
        .forEachRemaining(
            op -> {
              if (assignsGlobalStep(op)
                  && !initializers.contains(op.name())
                  && !op.name().equals(train.advance().op().name())
                  && !op.name().startsWith("muster")) {
                throw new TrialException(
                    "Cannot train with op '"
                        + op.name()
                        + "' of type "
                        + op.type()
                        + ": it assigns "
                        + Variables.GLOBAL_STEP
                        + ", which Muster advances by one after each batch; remove it from the model"
                        + " function of buildEstimator()");
              }
            });
  }

  private static boolean assignsGlobalStep(GraphOperation op) {
    return ASSIGNMENTS.contains(op.type())
        && op.numInputs() > 0
        && op.input(0).op().name().equals(Variables.GLOBAL_STEP);
  }

  /** The fault of a model function that speaks of shapes, with what the inputs are declared as. */
  static TrialException withInputs(
      TrialException fault, Map<String, Operand<?>> features, Map<String, Operand<?>> labels) {
    String message = String.valueOf(fault.getMessage());
    if (fault instanceof InvalidHyperparameterException || !message.contains("shape")) {
      return fault;
    }
    return new TrialException(
        message
            + "; the features: "
            + inputs(features)
            + (labels.isEmpty() ? "" : "; the labels: " + inputs(labels)),
        fault);
  }

  private static String inputs(Map<String, Operand<?>> inputs) {
    return inputs.entrySet().stream()
        .map(
            input ->
                input.getKey()
                    + " "
                    + input.getValue().type().getSimpleName()
                    + " "
                    + input.getValue().asOutput().shape().toString().replace("-1", "?"))
        .collect(Collectors.joining(", "));
  }

  /** The features and labels that no op of the graph reads, e.g. {@code feature 'age'}. */
  static List<String> unread(ModelGraph model, Set<String> features) {
    List<String> unread = new ArrayList<>();
    model
        .inputs()
        .forEach(
            (name, input) -> {
              if (((GraphOperation) input.op()).numConsumers() == 0) {
                unread.add((features.contains(name) ? "feature '" : "label '") + name + "'");
              }
            });
    return unread;
  }
}
