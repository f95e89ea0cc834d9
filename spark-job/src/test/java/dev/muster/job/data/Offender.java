package dev.muster.job.data;

import java.util.logging.Logger;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.bytedeco.javacpp.Pointer;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

/** Does what this package must not, for {@code ArchitectureTest}; never run. */
final class Offender {
  private Offender() {}

  static void offend(SparkContext spark) {
    Logger.getGlobal().info(new Path("/").toString());
    System.out.println(spark.uiWebUrl()); // a Scala type that the source does not name
    new Pointer().close();
    new CommandLine(new Yaml()).getOut().flush();
  }
}
