package dev.muster.job.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/** What an experiment has left on HDFS, as a script sees it: by Hadoop's own client. */
final class StoredExperiment {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String directory;

  StoredExperiment(String directory) {
    this.directory = directory;
  }

  String directory() {
    return directory;
  }

  /** Puts a file there, with the directory. */
  void write(String name, String text) throws IOException {
    try (FileSystem files = open();
        OutputStream out = files.create(new Path(directory, name))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** {@code result.json}. */
  JsonNode result() throws IOException {
    try (FileSystem files = open();
        InputStream in = files.open(new Path(directory, "result.json"))) {
      return JSON.readTree(in);
    }
  }

  /** The names in {@code checkpoints/} that a reader may look at: all without a leading dot. */
  List<String> visibleCheckpoints() throws IOException {
    List<String> names = new ArrayList<>();
    try (FileSystem files = open()) {
      for (FileStatus status : files.listStatus(new Path(directory, "checkpoints"))) {
        if (!status.getPath().getName().startsWith(".")) {
          names.add(status.getPath().getName());
        }
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    return names;
  }

  /** Opens every visible checkpoint and reads all its files against the manifest. */
  List<String> verifiedCheckpoints() throws IOException {
    List<String> names = visibleCheckpoints();
    for (String name : names) {
      try (CommittedCheckpoint checkpoint = checkpoint(name)) {
        checkpoint.verify();
      }
    }
    return names;
  }

  CommittedCheckpoint checkpoint(String uuid) {
    return CommittedCheckpoint.open(directory + "/checkpoints/" + uuid, Map.of());
  }

  /** All files below the experiment's directory, relative to it. */
  List<String> listing() throws IOException {
    List<String> names = new ArrayList<>();
    try (FileSystem files = open()) {
      RemoteIterator<LocatedFileStatus> found = files.listFiles(new Path(directory), true);
      while (found.hasNext()) {
        names.add(
            new Path(directory).toUri().relativize(found.next().getPath().toUri()).toString());
      }
    }
    names.sort(null);
    return names;
  }

  private FileSystem open() throws IOException {
    return FileSystem.newInstance(URI.create(directory), new Configuration());
  }
}
