package dev.muster.job.spark;

import dev.muster.job.runtime.HostCheck;
import dev.muster.job.runtime.TensorFlowRuntime;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;

/** Loads TensorFlow once per JVM, after a look at the host. Thread-safe. */
final class NativeLibraries {
  private NativeLibraries() {}

  /**
   * Returns once TensorFlow is loaded. One caller at a time looks and loads: another one would take
   * half-unpacked libraries for a full disk.
   *
   * @throws HostProblemException if it cannot be loaded here
   */
  static synchronized void load(SparkConf conf, String host) {
    Path cache = LocalDirectories.nativeLibraries(conf);
    List<String> problems =
        PrivateDirectory.make(cache)
            .map(List::of)
            .orElseGet(() -> HostCheck.here(cache).problems());
    if (!problems.isEmpty()) {
      throw new HostProblemException(host, problems);
    }
    TensorFlowRuntime.prepare(cache);
  }
}
