package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.data.Position;
import dev.muster.job.search.SequencerState;
import java.io.IOException;
import java.util.UUID;

/**
 * The checkpoint that a trial begins with, in place of initial values. Immutable.
 *
 * @param kind what is taken over
 * @param name the checkpoint's UUID, or its path where it is a copy under another name
 * @param path the checkpoint's directory
 * @param trialSeed the seed of the trial that was saved
 * @param batches the batches that it had trained
 * @param globalStep its global step
 * @param position its position in the training data
 * @param data the order of its training data
 * @param sequence where its workload sequence stood
 */
record StartPoint(
    Kind kind,
    String name,
    String path,
    long trialSeed,
    long batches,
    long globalStep,
    Position position,
    DataState data,
    SequencerState sequence) {

  /** What is taken over from a checkpoint. */
  enum Kind {
    /** All of it: the trial goes on as if it had not been interrupted. */
    RESUME,
    /** Weights, optimizer slots and global step; batches and data begin at zero. */
    WARM_START
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads what the driver must know of a checkpoint.
   *
   * @throws JobException when its state is not to be understood
   */
  static StartPoint of(Kind kind, CommittedCheckpoint checkpoint) throws JobException {
    JsonNode metadata = read(checkpoint, "metadata.json");
    JsonNode slot = read(checkpoint, "state/slot-0.json");
    JsonNode sequence = read(checkpoint, "state/" + SequenceJson.FILE);
    JsonNode data = read(checkpoint, "state/" + DataState.FILE);
    try {
      return new StartPoint(
          kind,
          checkpoint.uuid().map(UUID::toString).orElseGet(checkpoint::path),
          checkpoint.path(),
          Fields.number(metadata, "trial_seed"),
          Fields.number(metadata, "batches"),
          Fields.number(metadata, "global_step"),
          new Position(Fields.number(slot, "epoch"), Fields.number(slot, "next")),
          DataState.parse(data),
          SequenceJson.parse(sequence));
    } catch (IllegalArgumentException e) {
      throw unreadable(checkpoint, "its state", e);
    }
  }

  static JsonNode read(CommittedCheckpoint checkpoint, String file) throws JobException {
    if (!checkpoint.manifest().files().containsKey(file)) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot begin with checkpoint %s: it has no %s".formatted(checkpoint.path(), file));
    }
    try {
      return JSON.readTree(checkpoint.read(file));
    } catch (IOException e) {
      throw unreadable(checkpoint, file, e);
    }
  }

  static JobException unreadable(CommittedCheckpoint checkpoint, String what, Exception cause) {
    return new JobException(
        JobExit.SETUP,
        "Cannot begin with checkpoint %s: cannot read %s: %s"
            .formatted(checkpoint.path(), what, cause.getMessage()),
        cause);
  }

  boolean isResume() {
    return kind == Kind.RESUME;
  }

  /** The batches that count as done when the trial begins. */
  long initialBatch() {
    return isResume() ? batches : 0;
  }

  /** The records that count as done. */
  long initialRecords() {
    return isResume() ? position.epoch() * data.passRecords() + position.next() : 0;
  }

  /** What the global step is ahead of the batches. */
  long globalStepLead() {
    return globalStep - initialBatch();
  }

  /** For the slots. */
  TrialOrder.Start order() {
    return new TrialOrder.Start(kind, name, path, initialBatch());
  }

  /** For people. */
  String line() {
    return isResume()
        ? "resuming from checkpoint %s: %,d batches done".formatted(path, batches)
        : "warm start from checkpoint %s: its global step is %,d".formatted(path, globalStep);
  }

  /**
   * Refuses training data in another order than that of the checkpoint: the position would mean
   * other records.
   */
  void check(DataState found) throws JobException {
    if (isResume() && !found.equals(data)) {
      throw new JobException(
          JobExit.SETUP,
          ("Cannot resume from checkpoint %s: expected the training data %s that it was trained"
                  + " on, found %s; give the trial that data again, or start warm from the"
                  + " checkpoint (searcher.source_checkpoint_uuid)")
              .formatted(name, data.json().get("training"), found.json().get("training")));
    }
  }
}
