package dev.muster.job.cluster;

import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A Spark program of no use, which {@link ClusterSmokeIT} submits: {@code squares|fail|hang FILE}.
 */
public final class SmokeApp {
  private SmokeApp() {}

  /**
   * Writes the sum of the squares of 1 to 4 into the file; {@code fail} throws, {@code hang} waits.
   */
  public static void main(String[] arguments) throws Exception {
    String act = arguments[0];
    try (JavaSparkContext context = new JavaSparkContext(new SparkConf().setAppName("smoke"))) {
      if (act.equals("fail")) {
        throw new IllegalStateException("failing as asked");
      }
      int sum =
          context
              .parallelize(List.of(1, 2, 3, 4), 2)
              .map(number -> square(number, act))
              .reduce(Integer::sum);
      URI file = URI.create(arguments[1]);
      try (OutputStream out =
          FileSystem.get(file, context.hadoopConfiguration()).create(new Path(file))) {
        out.write(Integer.toString(sum).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static int square(int number, String act) throws InterruptedException {
    if (act.equals("hang") && new CountDownLatch(1).await(5, TimeUnit.MINUTES)) {
      throw new IllegalStateException("nobody counts down");
    }
    return number * number;
  }
}
