package dev.muster.job.checkpoint;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * A directory on any Hadoop file system ({@code hdfs://}, {@code file://}, {@code s3a://}, {@code
 * gs://}, or a bare path of this machine) that holds experiments. Thread-safe. Acts as the user who
 * opened it.
 */
public final class Storage implements AutoCloseable {
  private final HadoopFiles files;
  private final Path root;
  private final Map<String, String> hadoopProperties;

  private Storage(HadoopFiles files, Path root, Map<String, String> hadoopProperties) {
    this.files = files;
    this.root = root;
    this.hadoopProperties = hadoopProperties;
  }

  /**
   * Opens a storage; asks the file system nothing yet.
   *
   * @param path with its scheme, or a path of this machine
   * @param hadoopProperties what is set on top of the Hadoop configuration on the class path
   * @throws StorageException for an unknown scheme or a host name that does not exist
   */
  public static Storage open(String path, Map<String, String> hadoopProperties) {
    HadoopFiles.Opened opened = HadoopFiles.open(path, HadoopConfigurations.of(hadoopProperties));
    return new Storage(opened.files(), opened.path(), Map.copyOf(hadoopProperties));
  }

  /**
   * Reads one file of any Hadoop path, within seconds.
   *
   * @throws StorageException when it is missing, a directory, longer or not to be read
   */
  public static byte[] readFile(String path, Map<String, String> hadoopProperties, int maxBytes) {
    HadoopFiles.Opened opened =
        HadoopFiles.open(path, HadoopConfigurations.impatient(hadoopProperties));
    try (HadoopFiles files = opened.files()) {
      FileStatus status =
          files
              .status(opened.path())
              .orElseThrow(
                  () -> unreadable(opened.path(), "there is no such file; correct the path"));
      if (status.isDirectory()) {
        throw unreadable(opened.path(), "it is a directory");
      }
      if (status.getLen() > maxBytes) {
        throw unreadable(
            opened.path(),
            "it has " + status.getLen() + " bytes, at most " + maxBytes + " expected");
      }
      return files
          .read(opened.path(), maxBytes)
          .orElseThrow(() -> unreadable(opened.path(), "there is no such file"));
    }
  }

  /**
   * Tries everything that a run needs of the storage: creates a directory and a file, reads it
   * back, renames, lists and deletes it. Ends within 20 s.
   *
   * @throws StorageException that names the act, the path, the user and the cure
   */
  public void probe() {
    StorageProbe.run(root, hadoopProperties);
  }

  /**
   * Leaves a file that whoever sees the same storage finds with {@link SharedProbe#find}; closing
   * it deletes it. Ends within 20 s.
   *
   * @throws StorageException that names the act, the path, the user and the cure
   */
  public SharedProbe share() {
    return SharedProbe.write(root, hadoopProperties);
  }

  /** Whether this JVM's Hadoop clients prove their user by Kerberos. */
  public static boolean isSecured() {
    return UserGroupInformation.isSecurityEnabled();
  }

  /** The bytes that are free for this path; empty where the file system does not tell. */
  public OptionalLong freeBytes() {
    return files.freeBytes(root);
  }

  /**
   * The properties with which {@link #open} opens the same storage in another JVM: those of this
   * one's Hadoop configuration files, and what was set on top of them.
   */
  public Map<String, String> hadoopProperties() {
    return HadoopConfigurations.set(hadoopProperties);
  }

  /** The absolute path with its scheme. */
  public String path() {
    return root.toString();
  }

  /**
   * The directory of one experiment; asks the file system nothing.
   *
   * @throws IllegalArgumentException when the id is no file name
   */
  public ExperimentDirectory experiment(String experimentId) {
    return new ExperimentDirectory(files, new Path(root, RelativePath.checkName(experimentId)));
  }

  /** The committed checkpoint of that UUID in any experiment; empty when there is none. */
  public Optional<CommittedCheckpoint> checkpoint(UUID uuid) {
    for (FileStatus status : files.list(root)) {
      if (status.isDirectory()) {
        Optional<CommittedCheckpoint> found =
            new ExperimentDirectory(files, status.getPath()).checkpoint(uuid);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** Releases the file system; what was handed out before must not be used any more. */
  @Override
  public void close() {
    files.close();
  }

  private static StorageException unreadable(Path path, String fact) {
    return new StorageException("Cannot read " + path + ": " + fact);
  }
}
