package dev.muster.job.checkpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of one experiment: small files that are replaced whole, and checkpoints. Made by
 * {@link Storage#experiment}, usable until that storage is closed. Thread-safe.
 */
public final class ExperimentDirectory {
  /** The file whose presence asks the driver to stop. */
  public static final String STOP_FILE_NAME = "stop";

  static final String CHECKPOINTS = "checkpoints";

  private static final Logger LOG = LoggerFactory.getLogger(ExperimentDirectory.class);
  private static final Pattern UUID_NAME =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  private static final int MAX_FILE_BYTES = 256 << 20;

  private final HadoopFiles files;
  private final Path path;
  private final Path checkpoints;

  ExperimentDirectory(HadoopFiles files, Path path) {
    this.files = files;
    this.path = path;
    this.checkpoints = new Path(path, CHECKPOINTS);
  }

  /** The absolute path with its scheme. */
  public String path() {
    return path.toString();
  }

  /** Whether there is such a directory. */
  public boolean exists() {
    return files.exists(path);
  }

  /**
   * Creates the directory.
   *
   * @throws StorageException when it exists and is not empty
   */
  public void create() {
    List<FileStatus> found = files.list(path);
    if (!found.isEmpty()) {
      throw new StorageException(
          "Cannot create experiment directory "
              + path
              + ": it holds "
              + found.size()
              + " entries already, among them '"
              + found.get(0).getPath().getName()
              + "'; resume that experiment or choose another id");
    }
    files.makeDirectory(path);
  }

  /**
   * Writes a file, replacing any: readers see the old or the new one, never half. After a failure
   * the old one is there (or, if only the answer was lost, the new one).
   *
   * @param relative below this directory, parts joined by {@code /}
   */
  public void write(String relative, byte[] content) {
    files.replace(new Path(path, RelativePath.check(relative)), content);
  }

  /** Reads a file of at most 256 MiB; empty when there is none. */
  public Optional<byte[]> read(String relative) {
    return files.read(new Path(path, RelativePath.check(relative)), MAX_FILE_BYTES);
  }

  /** Deletes a file; nothing happens when there is none. */
  public void delete(String relative) {
    files.delete(new Path(path, RelativePath.check(relative)));
  }

  /** Whether somebody has asked this experiment to stop, by the file {@code stop}. */
  public boolean stopRequested() {
    return files.exists(new Path(path, STOP_FILE_NAME));
  }

  /**
   * A checkpoint in the making; asks the file system nothing, so that driver and slots each make
   * their own by the same two names.
   *
   * <p>Where rename is not atomic (object stores) files are staged in their final place and the
   * attempt is not part of their path: give every attempt a UUID of its own.
   *
   * @param attempt letters, digits, {@code -} and {@code _}: whatever tells this try from an older
   *     one of the same checkpoint, e.g. the generation
   */
  public StagedCheckpoint stage(UUID uuid, String attempt) {
    return new StagedCheckpoint(files, checkpoints, uuid, attempt);
  }

  /** The committed checkpoint of that UUID; empty when there is none. */
  public Optional<CommittedCheckpoint> checkpoint(UUID uuid) {
    return CommittedCheckpoint.find(files, new Path(checkpoints, uuid.toString()));
  }

  /** All directories with a manifest that holds, sorted by name; others are passed over. */
  public List<CommittedCheckpoint> checkpoints() {
    List<CommittedCheckpoint> found = new ArrayList<>();
    for (FileStatus status : files.list(checkpoints)) {
      if (status.isDirectory() && UUID_NAME.matcher(status.getPath().getName()).matches()) {
        try {
          CommittedCheckpoint.find(files, status.getPath()).ifPresent(found::add);
        } catch (CorruptCheckpointException e) {
          LOG.warn("Passing over {}: {}", status.getPath(), e.getMessage());
        }
      }
    }
    found.sort(Comparator.comparing(CommittedCheckpoint::path));
    return List.copyOf(found);
  }

  /**
   * Deletes what broken attempts have left: staging directories, checkpoint directories without a
   * manifest, half-written files. Only for the driver that owns the experiment, while nothing is
   * being staged. A directory whose manifest cannot be read stays: it may be a newer version's.
   *
   * @return how many files and directories it deleted
   */
  public int sweep() {
    List<Path> remains = new ArrayList<>();
    for (FileStatus status : files.list(path)) {
      if (status.isFile() && HadoopFiles.isLeftOfReplace(status.getPath().getName())) {
        remains.add(status.getPath());
      }
    }
    for (FileStatus status : files.list(checkpoints)) {
      String name = status.getPath().getName();
      boolean unfinished =
          UUID_NAME.matcher(name).matches()
              && !files.exists(new Path(status.getPath(), Manifest.FILE_NAME));
      if (status.isDirectory() && (unfinished || StagedCheckpoint.isStagingName(name))) {
        remains.add(status.getPath());
      }
    }
    remains.forEach(files::delete);
    if (!remains.isEmpty()) {
      LOG.info("Swept {} remains of broken attempts from {}", remains.size(), path);
    }
    return remains.size();
  }
}
