package dev.muster.job.spark;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkEnv;

/**
 * What is free on the local disks that Spark uses on an executor's host.
 *
 * @param host as Spark knows it
 * @param freeBytes of all file systems with a local directory of Spark's
 */
record HostDisk(String host, long freeBytes) {
  /** Of a partition of which nobody told. */
  static final HostDisk UNKNOWN = new HostDisk("", 0);

  /** Of this executor. */
  static HostDisk here() {
    Map<FileStore, Long> free = new HashMap<>();
    for (File directory : SparkEnv.get().blockManager().diskBlockManager().localDirs()) {
      try {
        FileStore store = Files.getFileStore(directory.toPath());
        free.put(store, store.getUsableSpace());
      } catch (IOException e) {
        throw new java.io.UncheckedIOException("Cannot see what is free in " + directory, e);
      }
    }
    return new HostDisk(
        ScalaBridge.executorHost(), free.values().stream().mapToLong(Long::longValue).sum());
  }

  int encodedBytes() {
    return Integer.BYTES + host.getBytes(StandardCharsets.UTF_8).length + Long.BYTES;
  }

  void write(ByteBuffer buffer) {
    byte[] text = host.getBytes(StandardCharsets.UTF_8);
    buffer.putInt(text.length).put(text).putLong(freeBytes);
  }

  static HostDisk read(ByteBuffer buffer) {
    byte[] text = new byte[buffer.getInt()];
    buffer.get(text);
    return new HostDisk(new String(text, StandardCharsets.UTF_8), buffer.getLong());
  }
}
