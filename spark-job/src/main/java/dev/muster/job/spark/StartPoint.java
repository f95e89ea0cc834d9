package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.data.Position;
import dev.muster.job.search.SequencerState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    return isResume() ? position.epoch() * data.training().passRecords() + position.next() : 0;
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
   * Refuses other data than the checkpoint's, or another order: the position would mean other
   * records.
   *
   * @param sources the names of training and validation data
   * @param acceptChanged whether other records in the same order are taken
   * @return what has changed and was accepted
   */
  List<String> check(DataState found, List<String> sources, boolean acceptChanged)
      throws JobException {
    if (!isResume()) {
      return List.of();
    }
    if (!found.training().order().equals(data.training().order())) {
      throw refused(
          "expected its training data in the order %s, found %s; shuffle and shard it as before"
              .formatted(data.training().order(), found.training().order()));
    }
    List<String> changed = new ArrayList<>();
    changed("training", sources.get(0), data.training(), found.training()).ifPresent(changed::add);
    changed("validation", sources.get(1), data.validation(), found.validation())
        .ifPresent(changed::add);
    if (!changed.isEmpty() && !acceptChanged) {
      throw refused(
          changed.get(0)
              + "; give the trial the data of the checkpoint again, or go on with this by --accept-changed-data");
    }
    return changed;
  }

  private static Optional<String> changed(
      String what, String source, DataState.Part expected, DataState.Part found) {
    return expected
        .differenceTo(found)
        .map(difference -> "the %s data '%s' has changed: %s".formatted(what, source, difference));
  }

  private JobException refused(String why) {
    return new JobException(
        JobExit.SETUP,
        "Cannot resume from checkpoint %s: %s, or start warm from it (searcher.source_checkpoint_uuid)"
            .formatted(name, why));
  }
}
