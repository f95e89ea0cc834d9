package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;

/**
 * A trial and what its build methods returned, called in the order that the API promises.
 *
 * @param estimator of {@code buildEstimator}
 * @param trainSpec of {@code buildTrainSpec}
 * @param evalSpec of {@code buildValidationSpec}
 * @param receivers of {@code buildServingInputReceivers}, or the one derived from the features
 */
record TrialObjects(
    Estimator estimator,
    TrainSpec trainSpec,
    EvalSpec evalSpec,
    Map<String, ServingInputReceiver> receivers) {

  static TrialObjects build(TrialDefinition definition, SlotTrialContext context) {
    String entrypoint = definition.entrypoint();
    EstimatorTrial trial = Entrypoint.construct(entrypoint, context);
    Estimator estimator = returned(entrypoint, "buildEstimator", trial::buildEstimator);
    TrainSpec trainSpec = returned(entrypoint, "buildTrainSpec", trial::buildTrainSpec);
    EvalSpec evalSpec = returned(entrypoint, "buildValidationSpec", trial::buildValidationSpec);
    Map<String, ServingInputReceiver> receivers =
        returned(entrypoint, "buildServingInputReceivers", trial::buildServingInputReceivers);
    ServingKeys.check(receivers);
    check("buildTrainSpec", trainSpec.dataset());
    check("buildValidationSpec", evalSpec.dataset());
    checkBatchSizes(trainSpec.dataset(), evalSpec.dataset(), context.perSlotBatchSize());
    return new TrialObjects(
        estimator,
        trainSpec,
        evalSpec,
        receivers.isEmpty() ? derived(trainSpec.dataset(), entrypoint) : receivers);
  }

  private static <T> T returned(String entrypoint, String method, Callable<@Nullable T> call) {
    return UserCode.call(
        "Cannot build trial " + entrypoint + ": " + method + "()", entrypoint, call);
  }

  private static void check(String method, Dataset dataset) {
    if (!dataset.isWrapped()) {
      throw new TrialException(
          "Cannot use the data set of "
              + method
              + "(): expected one that context().wrapDataset(…) returned, found one that was not wrapped;"
              + " write "
              + (method.equals("buildTrainSpec") ? "TrainSpec" : "EvalSpec")
              + ".of(context().wrapDataset(dataset).batch())");
    }
    if (!dataset.isBatched()) {
      throw new TrialException(
          "Cannot use the data set of " + method + "(): it has no batches; call batch() on it");
    }
    if (dataset.columns().stream().noneMatch(column -> column.role() == Column.Role.FEATURE)) {
      throw new TrialException(
          "Cannot use the data set of "
              + method
              + "(): it declares no feature; call feature(name, type, shape) on it");
    }
  }

  private static void checkBatchSizes(Dataset training, Dataset validation, int perSlot) {
    int size = training.batchSize().orElse(perSlot);
    if (size != perSlot) {
      throw new TrialException(
          "Cannot use the data set of buildTrainSpec(): batches of "
              + size
              + " records a slot, but hyperparameters.global_batch_size gives "
              + perSlot
              + "; call batch() without a size");
    }
    if (validation.isRepeatedBeforeBatch() && validation.pipeline().passes().isEmpty()) {
      throw new TrialException(
          "Cannot use the data set of buildValidationSpec(): it repeats for ever; remove repeat(),"
              + " or say how often by repeat(passes)");
    }
  }

  /** A receiver of the features as the model function reads them in mode TRAIN. */
  private static Map<String, ServingInputReceiver> derived(Dataset dataset, String entrypoint) {
    ServingInputReceiver receiver = null;
    try (Graph graph = new Graph()) {
      Map<String, Operand<?>> features = GraphInputs.of(dataset, entrypoint).make(graph).features();
      for (Map.Entry<String, Operand<?>> feature : features.entrySet()) {
        Output<?> output = feature.getValue().asOutput();
        receiver =
            receiver == null
                ? ServingInputReceiver.tensors(feature.getKey(), output.type(), output.shape())
                : receiver.and(feature.getKey(), output.type(), output.shape());
      }
    }
    Map<String, ServingInputReceiver> receivers = new LinkedHashMap<>();
    if (receiver != null) {
      receivers.put("default", receiver);
    }
    return receivers;
  }
}
