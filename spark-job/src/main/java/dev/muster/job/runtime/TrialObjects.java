package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
    EstimatorTrial trial = construct(definition.entrypoint(), context);
    Estimator estimator = returned("buildEstimator", trial::buildEstimator);
    TrainSpec trainSpec = returned("buildTrainSpec", trial::buildTrainSpec);
    EvalSpec evalSpec = returned("buildValidationSpec", trial::buildValidationSpec);
    Map<String, ServingInputReceiver> receivers =
        returned("buildServingInputReceivers", trial::buildServingInputReceivers);
    check("buildTrainSpec", trainSpec.dataset());
    check("buildValidationSpec", evalSpec.dataset());
    checkBatchSizes(trainSpec.dataset(), evalSpec.dataset(), context.perSlotBatchSize());
    return new TrialObjects(
        estimator,
        trainSpec,
        evalSpec,
        receivers.isEmpty() ? derived(trainSpec.dataset()) : receivers);
  }

  private static EstimatorTrial construct(String entrypoint, SlotTrialContext context) {
    Constructor<?> constructor = constructor(entrypoint);
    try {
      return (EstimatorTrial) constructor.newInstance(context);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof TrialException cause) {
        throw cause;
      }
      throw new TrialException(
          "Cannot construct " + entrypoint + ": its constructor threw " + e.getCause(),
          e.getCause() == null ? e : e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new TrialException("Cannot construct " + entrypoint + ": " + e, e);
    }
  }

  private static Constructor<?> constructor(String entrypoint) {
    Class<?> type;
    try {
      type = Class.forName(entrypoint, true, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      throw new TrialException(
          "Cannot find the trial's class '"
              + entrypoint
              + "' ("
              + e
              + "): check the configuration's entrypoint, and that the jar with the class is named by"
              + " --jars",
          e);
    }
    if (!EstimatorTrial.class.isAssignableFrom(type) || Modifier.isAbstract(type.getModifiers())) {
      throw new TrialException(
          "Cannot use "
              + entrypoint
              + " as a trial: expected a class that extends "
              + EstimatorTrial.class.getName()
              + ", found "
              + type);
    }
    try {
      Constructor<?> constructor = type.getConstructor(EstimatorTrialContext.class);
      if (!Modifier.isPublic(type.getModifiers())) {
        throw new TrialException(
            "Cannot use " + entrypoint + " as a trial: the class is not public; make it public");
      }
      return constructor;
    } catch (NoSuchMethodException e) {
      throw new TrialException(
          "Cannot construct "
              + entrypoint
              + ": expected a public constructor "
              + type.getSimpleName()
              + "(EstimatorTrialContext context), found "
              + java.util.Arrays.toString(type.getConstructors()),
          e);
    }
  }

  private static <T> T returned(String method, Supplier<@Nullable T> call) {
    T value = call.get();
    if (value == null) {
      throw new TrialException("Cannot use what " + method + "() returned: it returned null");
    }
    return value;
  }

  private static void check(String method, Dataset dataset) {
    if (!dataset.isWrapped()) {
      throw new TrialException(
          "Cannot use the data set of "
              + method
              + "(): it was not wrapped; pass it through context().wrapDataset(…)");
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
    if (validation.isRepeatedBeforeBatch()) {
      throw new TrialException(
          "Cannot use the data set of buildValidationSpec(): it repeats for ever; remove repeat()");
    }
  }

  private static Map<String, ServingInputReceiver> derived(Dataset dataset) {
    ServingInputReceiver receiver = null;
    for (Column column : dataset.columns()) {
      if (column.role() == Column.Role.FEATURE) {
        receiver =
            receiver == null
                ? ServingInputReceiver.tensors(column.name(), column.type(), column.batchShape())
                : receiver.and(column.name(), column.type(), column.batchShape());
      }
    }
    Map<String, ServingInputReceiver> receivers = new LinkedHashMap<>();
    if (receiver != null) {
      receivers.put("default", receiver);
    }
    return receivers;
  }
}
