package dev.muster.job.spark;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.awaitility.Awaitility;

/**
 * Runs the job as {@code cli.Main} does, and keeps the application alive after the last leg until
 * all executors have gone.
 */
public final class IdleExecutors {
  private static final PrintStream OUT = System.out;

  private IdleExecutors() {}

  /** Args: {@code run FILE --name NAME}, then pairs of {@code --config} and an override. */
  public static void main(String[] args) throws Exception {
    List<String> overrides =
        List.of(args).subList(4, args.length).stream()
            .filter(word -> !word.equals("--config"))
            .toList();
    RunRequest request = new RunRequest(args[1], overrides, Optional.of(args[3]), false);
    System.exit(new ExperimentJob(request, IdleExecutors::line).run().code());
  }

  private static void line(String line) {
    OUT.println(line);
    if (line.startsWith("state ")) { // the first line after the last leg
      long start = System.nanoTime();
      Awaitility.await().atMost(Duration.ofSeconds(40)).until(() -> executors() == 0);
      OUT.printf("RESULT idle executors 0 after %d ms%n", (System.nanoTime() - start) / 1_000_000);
    }
  }

  private static int executors() {
    return SparkContext.getOrCreate().statusTracker().getExecutorInfos().length - 1; // the driver
  }
}
