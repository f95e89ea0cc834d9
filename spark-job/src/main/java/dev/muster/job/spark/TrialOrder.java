package dev.muster.job.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.runtime.TrialDefinition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the slots do in one leg. Crosses as the bytes of {@link #encode}.
 *
 * @param definition the trial
 * @param steps the workloads in order
 * @param leg the leg's number in its trial, from 1
 * @param storage where checkpoints go
 * @param training where the encoded training data is, see {@link ShardLocation}
 * @param validation where the encoded validation data is
 * @param progressTimeoutSeconds how long a slot may stand still
 * @param metrics of the last validation before the leg, for the metadata of checkpoints
 * @param validatedAt the batches trained at that validation; -1 before the first
 * @param start the checkpoint that a replica begins with where none holds a state; null: initial
 *     values
 * @param statesRdd the RDD whose blocks take metric states that are too large for a report
 * @param encrypted whether the slots encrypt what they exchange
 */
record TrialOrder(
    TrialDefinition definition,
    List<Step> steps,
    int leg,
    StorageAddress storage,
    byte[] training,
    byte[] validation,
    long progressTimeoutSeconds,
    Map<String, Object> metrics,
    long validatedAt,
    @Nullable Start start,
    int statesRdd,
    boolean encrypted) {
  /** Among a validation's metrics: the global step at which it was. */
  static final String GLOBAL_STEP = "global_step";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a step does. */
  enum Kind {
    /** Trains a number of batches. */
    TRAIN,
    /** Evaluates the slot's share of the validation data. */
    VALIDATE,
    /** Stages a checkpoint. */
    CHECKPOINT,
    /** The trial is complete: its hooks end. */
    END
  }

  /**
   * One workload.
   *
   * @param batches to train
   * @param checkpoint the UUID of the checkpoint to stage, or empty
   */
  record Step(Kind kind, int batches, String checkpoint) {}

  /**
   * How an executor opens the storage.
   *
   * @param path of the experiments
   * @param hadoop the driver's Hadoop properties, which come before the executor's own
   */
  record StorageAddress(String path, Map<String, String> hadoop) {}

  /**
   * The checkpoint that a trial begins with.
   *
   * @param name for messages
   * @param path its directory
   * @param initialBatch the batches that count as done
   */
  record Start(StartPoint.Kind kind, String name, String path, long initialBatch) {}

  /** The name under which driver and slots stage the checkpoints of a leg. */
  static String attempt(int leg) {
    return "leg-" + leg;
  }

  /** The metrics of the validation at this batch; none if the last one was at another. */
  Map<String, Object> metricsAt(long batches) {
    return batches == validatedAt ? metrics : Map.of();
  }

  Duration progressTimeout() {
    return Duration.ofSeconds(progressTimeoutSeconds);
  }

  byte[] encode() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot encode a leg's order", e);
    }
  }

  static TrialOrder decode(byte[] bytes) {
    try {
      return JSON.readValue(bytes, new TypeReference<TrialOrder>() {});
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read a leg's order", e);
    }
  }
}
