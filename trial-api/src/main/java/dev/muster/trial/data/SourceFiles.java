package dev.muster.trial.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * Files of any Hadoop file system, with the driver's Hadoop configuration: listed on the driver,
 * opened in tasks. Immutable; travels to the tasks.
 */
final class SourceFiles implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Bytes, as no serializer of Spark's needs to know them. */
  private final Broadcast<byte[]> configuration;

  private transient volatile @Nullable Configuration read;

  private SourceFiles(Broadcast<byte[]> configuration) {
    this.configuration = configuration;
  }

  static SourceFiles of(JavaSparkContext spark) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      spark.hadoopConfiguration().write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot write the Hadoop configuration", e);
    }
    return new SourceFiles(spark.broadcast(bytes.toByteArray()));
  }

  private Configuration configuration() throws IOException {
    Configuration known = read;
    if (known == null) {
      known = new Configuration(false);
      known.readFields(new DataInputStream(new ByteArrayInputStream(configuration.value())));
      read = known;
    }
    return known;
  }

  /**
   * The files of a file, of all levels of a directory, or of a glob, sorted by path. Names that
   * begin with {@code _} or {@code .} are left out, unless the path says such a name.
   */
  List<String> below(String path) throws IOException {
    Path pattern = new Path(path);
    FileSystem files = pattern.getFileSystem(configuration());
    TreeMap<String, FileStatus> found = new TreeMap<>();
    FileStatus @Nullable [] matches = files.globStatus(pattern);
    for (FileStatus match : matches == null ? new FileStatus[0] : matches) {
      if (isShown(match) || match.getPath().getName().equals(pattern.getName())) {
        add(match, files, found);
      }
    }
    return List.copyOf(found.keySet());
  }

  private static void add(FileStatus file, FileSystem files, TreeMap<String, FileStatus> into)
      throws IOException {
    if (!file.isDirectory()) {
      into.put(file.getPath().toString(), file);
      return;
    }
    for (FileStatus child : files.listStatus(file.getPath())) {
      if (isShown(child)) {
        add(child, files, into);
      }
    }
  }

  /** What a directory holds itself, sorted by path, without hidden names. */
  List<FileStatus> children(String directory) throws IOException {
    Path path = new Path(directory);
    TreeMap<String, FileStatus> found = new TreeMap<>();
    for (FileStatus child : path.getFileSystem(configuration()).listStatus(path)) {
      if (isShown(child)) {
        found.put(child.getPath().getName(), child);
      }
    }
    return new ArrayList<>(found.values());
  }

  private static boolean isShown(FileStatus file) {
    String name = file.getPath().getName();
    return !name.startsWith("_") && !name.startsWith(".");
  }

  /**
   * Opens a file that {@link #below} has listed; the caller closes it.
   *
   * @throws FileNotFoundException if it is gone
   */
  SizedInputStream open(String file) throws IOException {
    Path path = new Path(file);
    FileSystem files = path.getFileSystem(configuration());
    long length = files.getFileStatus(path).getLen();
    return new SizedInputStream(files.open(path), length);
  }
}
