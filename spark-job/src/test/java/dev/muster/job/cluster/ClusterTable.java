package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A row of {@code docs/clusters.md}: a run of the digits example on two slots that a test has
 * really made. {@link #readBack} looks at what the run has left, and only then records the row, in
 * a file of its own in {@code target/clusters}. {@code scripts/check --full} empties that folder
 * before the tests and makes the page of it after them.
 *
 * <pre>{@code
 * ClusterTable.row("standalone", "cluster", "4.1.1", false, "two Workers")
 *     .hosts(driverLog)
 *     .jarsSent()
 *     .took(duration)
 *     .readBack(experiment);
 * }</pre>
 */
public final class ClusterTable {
  private static final Path FOLDER = Path.of("target", "clusters");
  private static final Pattern HOST =
      Pattern.compile("rank (\\d+) runs on host (\\S+), executor (\\S+)");
  private static final Map<String, String> SCALA =
      Map.of("3.5.5", "2.12", "3.5.6", "2.13", "4.1.1", "2.13");

  private final String manager;
  private final String deployMode;
  private final String sparkVersion;
  private final boolean dynamicAllocation;
  private final String note;
  private final Set<String> hosts = new TreeSet<>();
  private final Set<String> executors = new TreeSet<>();
  private boolean jarsSent;
  private Duration duration = Duration.ZERO;

  private ClusterTable(
      String manager,
      String deployMode,
      String sparkVersion,
      boolean dynamicAllocation,
      String note) {
    this.manager = manager;
    this.deployMode = deployMode;
    this.sparkVersion = sparkVersion;
    this.dynamicAllocation = dynamicAllocation;
    this.note = note;
  }

  /**
   * Begins a row.
   *
   * @param manager {@code yarn}, {@code kubernetes}, {@code standalone}, or {@code local-cluster}
   * @param sparkVersion of the distribution that ran: {@code 3.5.5}, {@code 3.5.6}, {@code 4.1.1}
   * @param note what is special: a JDK, Kerberos, several slots an executor; part of the row's
   *     identity, may be empty
   */
  public static ClusterTable row(
      String manager,
      String deployMode,
      String sparkVersion,
      boolean dynamicAllocation,
      String note) {
    return new ClusterTable(manager, deployMode, sparkVersion, dynamicAllocation, note);
  }

  /**
   * Takes the ranks' hosts and executors from the driver's output.
   *
   * @param driverOutput holds the lines {@code rank 0 runs on host …, executor …}
   */
  public ClusterTable hosts(String driverOutput) {
    Matcher line = HOST.matcher(driverOutput);
    while (line.find()) {
      hosts.add(line.group(2));
      executors.add(line.group(3));
    }
    assertThat(executors).as("executors in the driver's output").isNotEmpty();
    return this;
  }

  /** The job jar and the user's came by spark-submit: no executor had them on its class path. */
  public ClusterTable jarsSent() {
    jarsSent = true;
    return this;
  }

  /** From the start of spark-submit to the end of the application. */
  public ClusterTable took(Duration time) {
    duration = time;
    return this;
  }

  /**
   * Reads what the run has left (its result, and every file of every checkpoint against the
   * manifest) and records the row.
   */
  void readBack(StoredExperiment experiment) throws IOException {
    JsonNode result = experiment.result();
    assertThat(result.path("state").asText()).as("%s", result).isEqualTo("COMPLETED");
    JsonNode trial = result.path("trials").path(0);
    assertThat(trial.path("slots").asInt()).isEqualTo(2);
    assertThat(trial.path("validations").size()).as("validations").isPositive();
    assertThat(experiment.directory()).startsWith("hdfs:");
    assertThat(experiment.verifiedCheckpoints())
        .as("checkpoints read back")
        .isNotEmpty()
        .hasSize(trial.path("checkpoints").size());
    assertThat(executors).as("call hosts(driver's output) first").isNotEmpty();
    Files.createDirectories(FOLDER);
    Files.writeString(FOLDER.resolve(fileName()), line() + "\n");
  }

  private String line() {
    assertThat(SCALA).as("Spark versions with a known Scala").containsKey(sparkVersion);
    List<String> cells = new ArrayList<>();
    cells.add(manager);
    cells.add(deployMode);
    cells.add(sparkVersion + " (" + SCALA.get(sparkVersion) + ")");
    cells.add(yesOrNo(dynamicAllocation));
    cells.add(Integer.toString(executors.size()));
    cells.add(Integer.toString(hosts.size()));
    cells.add(yesOrNo(jarsSent));
    cells.add(Long.toString(Math.max(1, duration.toSeconds())));
    cells.add("yes");
    cells.add(note);
    return "| " + String.join(" | ", cells) + " |";
  }

  private String fileName() {
    String key =
        String.join("-", manager, deployMode, sparkVersion, dynamicAllocation ? "dynamic" : "fixed")
            + "-"
            + note;
    return key.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]+", "-") + ".row";
  }

  private static String yesOrNo(boolean value) {
    return value ? "yes" : "no";
  }
}
