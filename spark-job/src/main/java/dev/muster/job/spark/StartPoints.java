package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.config.WarmStart;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.trial.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the checkpoint that a trial begins with, and checks it, before anything is started. */
final class StartPoints {
  private final Map<String, String> hadoop;
  private final Path scratch;

  StartPoints(Map<String, String> hadoop, Path scratch) {
    this.hadoop = hadoop;
    this.scratch = scratch;
  }

  /** A checkpoint to go on from, by its path. */
  StartPoint resume(String path) throws JobException {
    try (CommittedCheckpoint checkpoint = CommittedCheckpoint.open(path, hadoop)) {
      return StartPoint.of(StartPoint.Kind.RESUME, checkpoint);
    }
  }

  /** The source of a warm start. */
  StartPoint warmStart(Storage storage, WarmStart source) throws JobException {
    return StartPoint.of(StartPoint.Kind.WARM_START, find(storage, source));
  }

  private static CommittedCheckpoint find(Storage storage, WarmStart source) throws JobException {
    if (source instanceof WarmStart.OfCheckpoint checkpoint) {
      return storage
          .checkpoint(checkpoint.uuid())
          .orElseThrow(
              () ->
                  new JobException(
                      JobExit.SETUP,
                      ("Cannot start warm from checkpoint %s: no experiment below %s has it;"
                              + " correct searcher.source_checkpoint_uuid")
                          .formatted(checkpoint.uuid(), storage.path())));
    }
    return newest(storage, (WarmStart.OfTrial) source);
  }

  private static CommittedCheckpoint newest(Storage storage, WarmStart.OfTrial source)
      throws JobException {
    ExperimentDirectory experiment = storage.experiment(source.experimentId());
    Set<Long> trials = new TreeSet<>();
    @Nullable CommittedCheckpoint newest = null;
    long most = -1;
    for (CommittedCheckpoint checkpoint : experiment.checkpoints()) {
      Metadata metadata = Metadata.of(checkpoint);
      trials.add(metadata.trialId());
      if (metadata.trialId() == source.trialId() && metadata.batches() > most) {
        newest = checkpoint;
        most = metadata.batches();
      }
    }
    if (newest == null) {
      throw new JobException(
          JobExit.SETUP,
          ("Cannot start warm from trial %s/%d: expected a checkpoint of it in %s, found %s;"
                  + " correct searcher.source_trial_id (EXPERIMENT_ID/TRIAL)")
              .formatted(
                  source.experimentId(),
                  source.trialId(),
                  experiment.path(),
                  trials.isEmpty() ? "none" : "those of trials " + trials));
    }
    return newest;
  }

  /**
   * Compares the checkpoint's variables with those of the trial's graph, which only takes the index
   * of the variables.
   */
  Finding check(StartPoint start, TrialCheck trial) throws JobException {
    try {
      Path directory = Files.createTempDirectory(scratch, "muster-start-");
      try (CommittedCheckpoint checkpoint = CommittedCheckpoint.open(start.path(), hadoop)) {
        checkpoint.fetch(directory, file -> file.equals("variables/variables.index"));
        List<String> ignored = trial.checkStart(directory, start.name());
        return ignored.isEmpty()
            ? Finding.fine("start", "checkpoint %s fits the trial".formatted(start.name()))
            : Finding.warning(
                "start",
                "the graph has no variables %s of checkpoint %s; they are ignored"
                    .formatted(ignored, start.name()));
      } finally {
        LocalDirectories.delete(directory);
      }
    } catch (TrialException e) {
      throw new JobException(JobExit.SETUP, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new JobException(
          JobExit.SETUP, "Cannot write to " + scratch + ": " + e.getMessage(), e);
    }
  }

  /** What {@code metadata.json} says of a checkpoint's place in its experiment. */
  private record Metadata(long trialId, long batches) {
    static Metadata of(CommittedCheckpoint checkpoint) throws JobException {
      JsonNode json = StartPoint.read(checkpoint, "metadata.json");
      try {
        return new Metadata(Fields.number(json, "trial_id"), Fields.number(json, "batches"));
      } catch (IllegalArgumentException e) {
        throw StartPoint.unreadable(checkpoint, "metadata.json", e);
      }
    }
  }
}
