package dev.muster.job.runtime;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;

/**
 * A long run of two slots in a JVM of its own, which says on standard output how much memory, how
 * many threads and how many file descriptors it has. Argument: a directory.
 */
final class LeakProgram {
  static final int WARM_UP = 10_000;
  static final int STEPS = 50_000;

  /**
   * Evaluation and a checkpoint after so many steps. Measured: the first ones add 17 and 9 MB, and
   * in some runs about 1 MB more fills up before step 20,000, hence more steps.
   */
  static final int LEG = 2_500;

  private static final int SAMPLE_EVERY = 500;
  private static final int SLOTS = 2;
  private static final int RECORDS = 100; // not a multiple of the batch: sizes change
  private static final Duration LIMIT = Duration.ofMinutes(8);

  private LeakProgram() {}

  /** JavaCPP's way to {@code malloc_trim}, which it keeps to itself. */
  private static final class CLibrary {
    private static final Method TRIM = method();

    static void trim() {
      try {
        TRIM.invoke(null);
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("Cannot call " + TRIM, e);
      }
    }

    private static Method method() {
      try {
        Method method = Pointer.class.getDeclaredMethod("trimMemory");
        method.setAccessible(true);
        return method;
      } catch (NoSuchMethodException e) {
        throw new LinkageError("Cannot find JavaCPP's trimMemory", e);
      }
    }
  }

  /** The process at one step: bytes, of the heap after a collection, and counts. */
  record Sample(long step, long resident, long heap, long threads, long descriptors) {
    private static final String MARK = "SAMPLE";
    private static final long PAGE_BYTES = 4096;

    /**
     * What is in use: the C library gives back what is free in its arenas first, and pages of
     * files, which come with each part of a library that runs for the first time, do not count.
     */
    static Sample now(long step) throws IOException {
      System.gc();
      CLibrary.trim();
      String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
      return new Sample(
          step,
          (Long.parseLong(pages[1]) - Long.parseLong(pages[2])) * PAGE_BYTES,
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          count(Path.of("/proc/self/task")),
          count(Path.of("/proc/self/fd")));
    }

    private static long count(Path directory) throws IOException {
      try (Stream<Path> entries = Files.list(directory)) {
        return entries.count();
      }
    }

    String line() {
      return "%s %d %d %d %d %d".formatted(MARK, step, resident, heap, threads, descriptors);
    }

    static boolean isLine(String line) {
      return line.startsWith(MARK);
    }

    static Sample parse(String line) {
      String[] words = line.split(" ", -1);
      return new Sample(
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]),
          Long.parseLong(words[5]));
    }
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
    TrialDefinition definition =
        new TrialDefinition(
            "experiment",
            1,
            42,
            ClassifierTrial.class.getName(),
            Map.of(
                "hyperparameters",
                Map.of("global_batch_size", 16, "learning_rate", 0.001, "optimizer", "adam"),
                "optimizations",
                Map.of("aggregation_frequency", 3)),
            SLOTS);
    Clusters.together(
        SLOTS,
        1,
        LIMIT,
        (rank, ring) -> {
          try (Replica replica =
              Replica.build(
                  definition,
                  rank,
                  new ReplicaSettings(1, directory),
                  Clusters.data(directory, RECORDS, rank, SLOTS))) {
            replica.initialize();
            replica.join(ring, Set.of());
            train(replica, directory);
            replica.leave();
          }
          return rank;
        });
  }

  private static void train(Replica replica, Path directory) throws Exception {
    while (replica.batchesTrained() < STEPS) {
      replica.train(SAMPLE_EVERY, Clusters.QUIET);
      long step = replica.batchesTrained();
      if (step % LEG == 0) {
        replica.evaluate(Clusters.QUIET);
        Path checkpoint = Files.createTempDirectory(directory, "checkpoint-");
        replica.checkpoint(checkpoint, Map.of());
        delete(checkpoint);
      }
      if (replica.rank() == 0) {
        System.out.println(Sample.now(step).line());
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : all) {
        Files.delete(file);
      }
    }
  }
}
