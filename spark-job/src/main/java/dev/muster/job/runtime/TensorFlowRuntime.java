package dev.muster.job.runtime;

import dev.muster.trial.RunConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GPUOptions;

/**
 * TensorFlow's settings for the whole JVM, made once, before its library is loaded. Thread-safe.
 */
public final class TensorFlowRuntime {
  private static final Logger LOG = LoggerFactory.getLogger(TensorFlowRuntime.class);
  private static boolean prepared;

  private TensorFlowRuntime() {}

  /**
   * Sets JavaCPP's limits and cache directory and loads the library (3 s at first, 0.7 s later).
   * Calls after the first do nothing.
   *
   * @param cacheDirectory where the native libraries are unpacked (652 MB), kept between runs
   */
  public static synchronized void prepare(Path cacheDirectory) {
    if (prepared) {
      return;
    }
    configure(cacheDirectory);
    long start = System.nanoTime();
    LOG.info(
        "TensorFlow {} loaded in {} ms from {}",
        TensorFlow.version(),
        (System.nanoTime() - start) / 1_000_000,
        cacheDirectory);
    prepared = true;
  }

  private static void configure(Path cacheDirectory) {
    // JavaCPP's default is a limit of 4 × Xmx on the whole process, which native memory exceeds.
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    if (System.getProperty("org.bytedeco.javacpp.cachedir") == null) {
      System.setProperty("org.bytedeco.javacpp.cachedir", cacheDirectory.toString());
    }
  }

  /** TensorFlow's version. */
  public static String version() {
    return TensorFlow.version();
  }

  /**
   * What each session of a slot gets: threads of its own, since the process's pools belong to its
   * first session and several slots may live in one JVM.
   */
  static ConfigProto sessionConfig(int threads) {
    return sessionConfig(threads, null, RunConfig.defaults());
  }

  /** As {@link #sessionConfig(int)}, on the slot's device and with what the user set. */
  static ConfigProto sessionConfig(ReplicaSettings settings, RunConfig config) {
    return sessionConfig(settings.threads(), settings.gpu(), config);
  }

  private static ConfigProto sessionConfig(int threads, @Nullable GpuDevice gpu, RunConfig config) {
    ConfigProto.Builder made =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setInterOpParallelismThreads(Math.max(1, threads))
            .setUsePerSessionThreads(true)
            .setAllowSoftPlacement(config.isPlacementSoft())
            .setLogDevicePlacement(config.isPlacementLogged());
    if (gpu == null) {
      return made.putDeviceCount("GPU", 0).build(); // those of other slots, of other users
    }
    return made.setAllowSoftPlacement(true) // queues and texts have no kernels for GPUs
        .setGpuOptions(
            GPUOptions.newBuilder().setAllowGrowth(true).setVisibleDeviceList(gpu.visible()))
        .build();
  }
}
