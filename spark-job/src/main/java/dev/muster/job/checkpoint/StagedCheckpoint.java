package dev.muster.job.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint in the making, which no reader takes for one. Slots {@link #upload} into
 * sub-directories of their own, at the same time and from any JVM; then the driver alone {@link
 * #commit commits} or {@link #abort aborts}. Thread-safe.
 */
public final class StagedCheckpoint {
  private static final Logger LOG = LoggerFactory.getLogger(StagedCheckpoint.class);
  private static final String STAGING_PREFIX = ".staging-";
  private static final Pattern ATTEMPT = Pattern.compile("[A-Za-z0-9_-]{1,100}");
  private static final int MAX_DIFFERENCES = 10;

  private final HadoopFiles files;
  private final UUID uuid;
  private final Path target;
  private final Path staging;
  private volatile boolean committed;

  StagedCheckpoint(HadoopFiles files, Path checkpoints, UUID uuid, String attempt) {
    if (!ATTEMPT.matcher(attempt).matches()) {
      throw new IllegalArgumentException(
          "Cannot stage checkpoint "
              + uuid
              + ": the attempt '"
              + attempt
              + "' is not 1 to 100 letters, digits, '-' and '_'");
    }
    this.files = files;
    this.uuid = uuid;
    this.target = new Path(checkpoints, uuid.toString());
    this.staging =
        files.atomicRename()
            ? new Path(checkpoints, STAGING_PREFIX + uuid + "-" + attempt)
            : target;
  }

  static boolean isStagingName(String name) {
    return name.startsWith(STAGING_PREFIX);
  }

  /** The name of the checkpoint. */
  public UUID uuid() {
    return uuid;
  }

  /** Where the files are until the commit, with its scheme. */
  public String path() {
    return staging.toString();
  }

  /**
   * Copies all files below a local directory into the staged checkpoint; empty directories are not
   * kept. Each file of an attempt can be staged once: a second writer fails, and so does a late one
   * whose attempt is over.
   *
   * @param localDirectory a directory of this machine
   * @param relativeTarget where its content goes; empty for the checkpoint's own directory
   * @return what was written, for {@link #commit}; without {@code user_metadata.json}, which is
   *     copied and belongs to no manifest
   * @throws StorageException when a file cannot be read or written, is no regular file, is there
   *     already, or is a symbolic link that leads out of the directory
   * @throws IllegalArgumentException when a name is not one for every file system, or reserved
   */
  public List<StagedFile> upload(java.nio.file.Path localDirectory, String relativeTarget) {
    if (!relativeTarget.isEmpty()) {
      RelativePath.check(relativeTarget);
    }
    SortedMap<String, java.nio.file.Path> sources = new TreeMap<>();
    LocalTree.list(localDirectory)
        .forEach(
            (name, file) ->
                sources.put(uploadable(RelativePath.join(relativeTarget, name), file), file));
    List<StagedFile> staged = new ArrayList<>();
    for (Map.Entry<String, java.nio.file.Path> source : sources.entrySet()) {
      HadoopFiles.Written written = upload(source.getValue(), new Path(staging, source.getKey()));
      if (!Manifest.isOutside(source.getKey())) {
        staged.add(new StagedFile(source.getKey(), written.bytes(), written.sha256()));
      }
    }
    LOG.debug("Staged {} files of {} in {}", staged.size(), localDirectory, staging);
    return List.copyOf(staged);
  }

  private HadoopFiles.Written upload(java.nio.file.Path source, Path file) {
    try (InputStream content = Files.newInputStream(source)) {
      return files.create(file, content);
    } catch (IOException e) {
      throw Failures.because("upload " + source + " to", file, e);
    }
  }

  private static String uploadable(String path, java.nio.file.Path source) {
    RelativePath.check(path);
    if (path.equals(Manifest.FILE_NAME)) {
      throw new IllegalArgumentException(
          "Cannot stage " + source + ": the name '" + path + "' is Muster's own; rename the file");
    }
    return path;
  }

  /**
   * Makes this a checkpoint: checks that exactly these files with these sizes are there, writes the
   * manifest last and, where rename is atomic, renames the directory with the manifest in it.
   * Driver only, after every slot's upload has returned. After a failure it may be tried again;
   * what is then there is whole or no checkpoint.
   *
   * @param staged all that the slots' uploads returned
   * @throws StorageException when files are missing, left over or of another size; it names them
   */
  public CommittedCheckpoint commit(List<StagedFile> staged) {
    long start = System.nanoTime();
    Manifest manifest = manifest(staged);
    if (files.exists(new Path(target, Manifest.FILE_NAME))) {
      throw refused("commit", List.of("there is a checkpoint of that name already"));
    }
    List<String> differences = differences(manifest);
    if (!differences.isEmpty()) {
      throw refused("commit", differences);
    }
    files.put(new Path(staging, Manifest.FILE_NAME), ManifestFormat.format(manifest));
    if (files.atomicRename()) {
      files.moveToNew(staging, target);
    }
    committed = true;
    LOG.info(
        "Committed checkpoint {}: {} files, {} bytes, in {} ms",
        target,
        manifest.files().size(),
        manifest.bytes(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    return new CommittedCheckpoint(files, target, manifest);
  }

  /** Deletes what was staged; nothing after a commit. Driver only. */
  public void abort() {
    if (committed) {
      return;
    }
    files.delete(new Path(staging, Manifest.FILE_NAME));
    files.delete(staging);
  }

  private Manifest manifest(List<StagedFile> staged) {
    try {
      return Manifest.of(staged);
    } catch (IllegalArgumentException e) {
      throw refused("commit", List.of(String.valueOf(e.getMessage())));
    }
  }

  private List<String> differences(Manifest manifest) {
    SortedMap<String, Long> found = files.tree(staging);
    List<String> differences = new ArrayList<>();
    manifest
        .files()
        .forEach(
            (path, entry) -> {
              Long bytes = found.remove(path);
              if (bytes == null) {
                differences.add("'" + path + "' is missing");
              } else if (bytes != entry.bytes()) {
                differences.add(
                    "'" + path + "' has " + bytes + " bytes, " + entry.bytes() + " were staged");
              }
            });
    for (String path : found.keySet()) {
      if (!Manifest.isOutside(path)) {
        differences.add("'" + path + "' is there and was not staged");
      }
    }
    return differences;
  }

  private StorageException refused(String verb, List<String> facts) {
    String shown = String.join("; ", facts.subList(0, Math.min(facts.size(), MAX_DIFFERENCES)));
    int more = facts.size() - MAX_DIFFERENCES;
    return new StorageException(
        "Cannot "
            + verb
            + " checkpoint "
            + staging
            + ": "
            + shown
            + (more > 0 ? "; and " + more + " more" : ""));
  }
}
