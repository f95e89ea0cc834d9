package dev.muster.job.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.SparkEnv;

/**
 * The local file system under the scheme {@code hidden}, whose files executors do not see: what a
 * storage is that driver and executors take for two.
 */
public final class HiddenOnExecutors extends RawLocalFileSystem {
  private static final URI ROOT = URI.create("hidden:///");

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return ROOT.getScheme();
  }

  @Override
  protected void checkPath(Path path) {}

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    hide(path);
    return super.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    hide(path);
    return super.getFileStatus(path);
  }

  private static void hide(Path path) throws FileNotFoundException {
    if (!SparkEnv.get().executorId().equals("driver")) {
      throw new FileNotFoundException(path.toString());
    }
  }
}
