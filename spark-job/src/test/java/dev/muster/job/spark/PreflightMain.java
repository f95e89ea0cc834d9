package dev.muster.job.spark;

import dev.muster.job.checkpoint.Storage;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A driver that does nothing but the pre-flight of a cluster, once for each argument {@code
 * STORAGE,SLOTS,JOIN_SECONDS}, all on one context. Prints the findings of each, its milliseconds,
 * the executors that are there after it and what it left in them.
 */
public final class PreflightMain {
  private static final PrintStream OUT = System.out;

  private PreflightMain() {}

  public static void main(String[] arguments) throws Exception {
    SparkConf conf = new SparkConf().setAppName("pre-flight");
    SparkSettings.apply(conf);
    Map<String, String> hadoop = ExperimentFile.hadoopProperties(conf);
    try (StoppedContext context = new StoppedContext(conf)) {
      Legs legs = new Legs(context.context());
      for (int time = 0; time < arguments.length; time++) {
        String[] words = arguments[time].split(",");
        int slots = Integer.parseInt(words[1]);
        long start = System.nanoTime();
        try (Storage storage = Storage.open(words[0], hadoop)) {
          List<Finding> findings =
              findings(
                  new ClusterPreflight(legs, storage, slots, OUT::println),
                  Duration.ofSeconds(Long.parseLong(words[2])));
          OUT.printf("RESULT %d millis %d%n", time, (System.nanoTime() - start) / 1_000_000);
          for (Finding finding : findings) {
            OUT.printf(
                "FINDING %d %s %s %s%n", time, finding.level(), finding.check(), finding.text());
          }
        }
        OUT.printf("RESULT %d left %s%n", time, left(context.context()));
      }
    }
    System.exit(0); // as the job does
  }

  private static List<Finding> findings(ClusterPreflight preflight, Duration joinDeadline)
      throws InterruptedException {
    try {
      return preflight.run(joinDeadline);
    } catch (GangException e) {
      return List.of(ClusterPreflight.missing(e));
    }
  }

  /** Of each executor: its process, the threads of probes, its ports. */
  private static String left(SparkContext context) {
    int tasks = context.defaultParallelism() * 2;
    return JavaSparkContext.fromSparkContext(context)
        .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
        .map(task -> "executor " + SparkEnv.get().executorId() + " " + leftHere())
        .collect()
        .stream()
        .collect(Collectors.toCollection(TreeSet::new))
        .toString();
  }

  private static String leftHere() {
    List<String> threads =
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("muster-links") || name.startsWith("muster-storage"))
            .toList();
    return "pid %d probes %s listeners %d"
        .formatted(ProcessHandle.current().pid(), threads, listeners());
  }

  /** The ports of IPv4 and IPv6 that this process listens on. */
  private static long listeners() {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      List<String> inodes =
          descriptors
              .map(PreflightMain::target)
              .filter(target -> target.startsWith("socket:["))
              .map(target -> target.replaceAll("\\D", ""))
              .toList();
      return Stream.of("/proc/self/net/tcp", "/proc/self/net/tcp6")
          .map(Path::of)
          .filter(Files::exists)
          .flatMap(PreflightMain::lines)
          .map(line -> line.strip().split("\\s+"))
          .filter(fields -> fields.length > 9 && fields[3].equals("0A"))
          .filter(fields -> inodes.contains(fields[9]))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed while we looked
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A context that is stopped. */
  private record StoppedContext(SparkContext context) implements AutoCloseable {
    StoppedContext(SparkConf conf) {
      this(new SparkContext(conf));
    }

    @Override
    public void close() {
      context.stop();
    }
  }
}
