package dev.muster.job.checkpoint;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a checkpoint consists of: every file with its size and checksum. A directory is a checkpoint
 * exactly if it holds one that can be read. Immutable.
 *
 * @param files by path, sorted; not empty
 */
public record Manifest(SortedMap<String, Entry> files) {
  /** The manifest's own name in the checkpoint's directory; it does not list itself. */
  public static final String FILE_NAME = "manifest.json";

  /** The user's annotations, which may change after the commit and are in no manifest. */
  public static final String USER_METADATA_FILE_NAME = "user_metadata.json";

  /** Size in bytes and SHA-256 (64 lower-case hexadecimal digits) of one file. */
  public record Entry(long bytes, String sha256) {
    /** Refuses a negative size and a malformed checksum. */
    public Entry {
      if (bytes < 0) {
        throw new IllegalArgumentException("its size is " + bytes);
      }
      if (!Sha256.isSha256(sha256)) {
        throw new IllegalArgumentException(
            "'" + sha256 + "' is no SHA-256 in lower-case hexadecimal");
      }
    }
  }

  /** Copies the map; refuses an empty one, names that lead out, and a file below a file. */
  public Manifest {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    if (files.isEmpty()) {
      throw new IllegalArgumentException("it lists no files");
    }
    for (String path : files.keySet()) {
      RelativePath.check(path);
      if (isOutside(path)) {
        throw new IllegalArgumentException("it lists '" + path + "', which is in no manifest");
      }
      for (int i = path.indexOf('/'); i >= 0; i = path.indexOf('/', i + 1)) {
        if (files.containsKey(path.substring(0, i))) {
          throw new IllegalArgumentException(
              "it lists '" + path.substring(0, i) + "' as a file and '" + path + "' below it");
        }
      }
    }
  }

  /** The sum of the files' sizes. */
  public long bytes() {
    return files.values().stream().mapToLong(Entry::bytes).sum();
  }

  static Manifest of(Collection<StagedFile> staged) {
    SortedMap<String, Entry> files = new TreeMap<>();
    for (StagedFile file : staged) {
      if (files.put(file.path(), new Entry(file.bytes(), file.sha256())) != null) {
        throw new IllegalArgumentException("'" + file.path() + "' was staged twice");
      }
    }
    return new Manifest(files);
  }

  /** Whether a path of a checkpoint's directory is one of the two that no manifest lists. */
  static boolean isOutside(String path) {
    return path.equals(FILE_NAME) || path.equals(USER_METADATA_FILE_NAME);
  }
}
