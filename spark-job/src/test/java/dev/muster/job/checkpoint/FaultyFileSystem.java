package dev.muster.job.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.util.Progressable;
import org.jspecify.annotations.Nullable;

/**
 * The local file system under another scheme, which fails at its n-th call, is read-only, or shows
 * a file only when its stream is closed, as an object store does.
 */
public final class FaultyFileSystem extends RawLocalFileSystem {
  /** When a call fails. */
  enum Fault {
    BEFORE,
    AFTER,
    HALFWAY
  }

  private static final String FAIL_AT = "faulty.fail.at";
  private static final String FAULT = "faulty.fault";
  private static final String ONCE = "faulty.once";
  private static final String READ_ONLY = "faulty.read.only";
  private static final String REFUSED = "faulty.refused";

  private final AtomicInteger calls = new AtomicInteger();
  private @Nullable URI uri;
  private int failAt;
  private Fault fault = Fault.BEFORE;
  private boolean once;
  private boolean readOnly;
  private String refused = "";

  /** What makes a scheme this file system. */
  static Map<String, String> healthy(String scheme) {
    return Map.of("fs." + scheme + ".impl", FaultyFileSystem.class.getName());
  }

  static Map<String, String> readOnly(String scheme) {
    Map<String, String> properties = new HashMap<>(healthy(scheme));
    properties.put(READ_ONLY, "true");
    return properties;
  }

  /** Refuses one verb, as a server does whose administrator forbade it. */
  static Map<String, String> refusing(String scheme, String verb) {
    Map<String, String> properties = new HashMap<>(healthy(scheme));
    properties.put(REFUSED, verb);
    return properties;
  }

  /** Fails at the n-th call from 1, and at all later ones unless once. */
  static Map<String, String> failing(String scheme, int at, Fault fault, boolean once) {
    Map<String, String> properties = new HashMap<>(healthy(scheme));
    properties.put(FAIL_AT, Integer.toString(at));
    properties.put(FAULT, fault.name());
    properties.put(ONCE, Boolean.toString(once));
    return properties;
  }

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    super.initialize(name, conf);
    uri = URI.create(name.getScheme() + "://fake");
    failAt = conf.getInt(FAIL_AT, 0);
    fault = conf.getEnum(FAULT, Fault.BEFORE);
    once = conf.getBoolean(ONCE, false);
    readOnly = conf.getBoolean(READ_ONLY, false);
    refused = conf.get(REFUSED, "");
  }

  @Override
  public URI getUri() {
    // The parent's constructor asks too.
    return uri == null ? super.getUri() : uri;
  }

  @Override
  public String getScheme() {
    return getUri().getScheme();
  }

  private boolean isObjectStore() {
    return !getScheme().equals("hdfs");
  }

  private interface Call<T> {
    T run() throws IOException;
  }

  private boolean due() {
    int call = calls.incrementAndGet();
    return failAt > 0 && (once ? call == failAt : call >= failAt);
  }

  private <T> T counted(Call<T> call) throws IOException {
    if (!due()) {
      return call.run();
    }
    IOException injected = injected();
    if (fault == Fault.AFTER) {
      try {
        call.run();
      } catch (IOException e) {
        injected.addSuppressed(e);
      }
    }
    throw injected;
  }

  private static IOException injected() {
    return new IOException("injected fault");
  }

  private void requireWritable(Path path) throws IOException {
    if (readOnly) {
      throw new IOException(path + ": Read-only file system");
    }
  }

  private void require(String verb, Path path) throws IOException {
    if (refused.equals(verb)) {
      throw new AccessControlException("Permission denied: " + verb + " of " + path);
    }
  }

  @Override
  public FSDataOutputStream create(
      Path f, boolean overwrite, int size, short replication, long block, Progressable progress)
      throws IOException {
    requireWritable(f);
    require("create", f);
    return counted(
        () -> {
          if (!isObjectStore()) {
            return new FSDataOutputStream(
                new FaultyStream(super.create(f, overwrite, size, replication, block, progress)),
                null);
          }
          if (!overwrite && pathToFile(f).exists()) {
            throw new FileAlreadyExistsException(f + " already exists");
          }
          return new FSDataOutputStream(new FaultyStream(new ObjectStream(pathToFile(f))), null);
        });
  }

  @Override
  public FSDataInputStream open(Path f, int bufferSize) throws IOException {
    require("read", f);
    return counted(() -> super.open(f, bufferSize));
  }

  @Override
  public boolean mkdirs(Path f) throws IOException {
    require("mkdirs", f);
    requireWritable(f);
    return counted(() -> super.mkdirs(f));
  }

  @Override
  public boolean mkdirs(Path f, FsPermission permission) throws IOException {
    require("mkdirs", f);
    requireWritable(f);
    return counted(() -> super.mkdirs(f, permission));
  }

  @Override
  public boolean rename(Path src, Path dst) throws IOException {
    if (isObjectStore()) {
      throw new UnsupportedOperationException("A commit must not rename on an object store");
    }
    requireWritable(src);
    return counted(() -> super.rename(src, dst));
  }

  @Override
  protected void rename(Path src, Path dst, Options.Rename... options) throws IOException {
    if (isObjectStore() && !src.getParent().getName().startsWith(".muster-probe-")) {
      throw new UnsupportedOperationException("A commit must not rename on an object store");
    }
    requireWritable(src);
    require("rename", src);
    counted(
        () -> {
          File target = pathToFile(dst);
          if (options[0] == Options.Rename.NONE && target.exists()) {
            throw new FileAlreadyExistsException("rename destination " + dst + " already exists");
          }
          return Files.move(
              pathToFile(src).toPath(), target.toPath(), StandardCopyOption.ATOMIC_MOVE);
        });
  }

  @Override
  public boolean delete(Path p, boolean recursive) throws IOException {
    require("delete", p);
    requireWritable(p);
    return counted(() -> super.delete(p, recursive));
  }

  @Override
  public FileStatus[] listStatus(Path f) throws IOException {
    require("list", f);
    return counted(() -> super.listStatus(f));
  }

  @Override
  public FileStatus getFileStatus(Path f) throws IOException {
    return counted(() -> super.getFileStatus(f));
  }

  /** Writes and closes count as calls. */
  private final class FaultyStream extends OutputStream implements StreamCapabilities, Abortable {
    private final OutputStream inner;

    FaultyStream(OutputStream inner) {
      this.inner = inner;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (due()) {
        if (fault != Fault.BEFORE) {
          inner.write(bytes, offset, fault == Fault.AFTER ? length : length / 2);
          inner.flush();
        }
        throw injected();
      }
      inner.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      counted(
          () -> {
            inner.close();
            return true;
          });
    }

    @Override
    public boolean hasCapability(String capability) {
      return isObjectStore() && capability.equals(CommonPathCapabilities.ABORTABLE_STREAM);
    }

    @Override
    public AbortableResult abort() {
      return new AbortableResult() {
        @Override
        public boolean alreadyClosed() {
          return false;
        }

        @Override
        public IOException anyCleanupException() {
          return new IOException("none");
        }
      };
    }
  }

  /** Shows its file when it is closed. */
  private static final class ObjectStream extends ByteArrayOutputStream {
    private final File file;

    ObjectStream(File file) {
      this.file = file;
    }

    @Override
    public void close() throws IOException {
      Files.createDirectories(file.getParentFile().toPath());
      java.nio.file.Path uploaded = Files.createTempFile("object", "");
      Files.write(uploaded, toByteArray());
      Files.move(uploaded, file.toPath(), StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
