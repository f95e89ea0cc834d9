package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.cluster.LoopbackCapture;
import dev.muster.job.cluster.SkipReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole run on two executors of their own with all that Spark has for security on, everything
 * logged, an event log and the UI: who looks at what it leaves and says finds no secret.
 */
class SecureRunIT {
  /** No other test of this machine uses it, so a capture holds this run alone. */
  private static final String ADDRESS = "127.0.0.77";

  private static final String MASTER = "local-cluster[2,1,1024]";
  private static final String MARKER = "s3a-0815-marker";
  private static final String GAUGES = "/metrics/prometheus/"; // Jetty redirects without the slash
  private static final String SPARKS_SECRET = "authenticate-4711-marker";
  private static final float CONSTANT = 12.141422f; // the bytes DCBA
  private static final byte[] WEIGHTS =
      ByteBuffer.allocate(16)
          .order(ByteOrder.nativeOrder())
          .putFloat(CONSTANT)
          .putFloat(CONSTANT)
          .putFloat(CONSTANT)
          .putFloat(CONSTANT)
          .array();

  @TempDir static Path folder;

  private static WatchedRun.@Nullable Seen seen;
  private static byte[] captured = {};

  @BeforeAll
  static void run() throws Exception {
    TrialApp app =
        app("secure")
            .conf("spark.authenticate", "true")
            .conf("spark.network.crypto.enabled", "true")
            .conf("spark.io.encryption.enabled", "true")
            .conf("spark.ui.enabled", "true")
            .conf("spark.ui.port", "0")
            .conf("spark.eventLog.enabled", "true")
            .conf("spark.eventLog.compress", "false")
            .conf("spark.extraListeners", GangSpy.class.getName() + "," + SecretSpy.class.getName())
            .conf(
                "spark.metrics.conf.driver.sink.prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet")
            .conf("spark.metrics.conf.driver.sink.prometheusServlet.path", "/metrics/prometheus")
            .conf(
                "spark.metrics.conf.executor.sink.csv.class",
                "org.apache.spark.metrics.sink.CsvSink")
            .conf("spark.metrics.conf.executor.sink.csv.period", "1")
            .conf(
                "spark.metrics.conf.executor.sink.csv.directory",
                Files.createDirectory(folder.resolve("csv")).toString())
            .conf(SecretSpy.FILE, folder.resolve("secrets").toString());
    app.conf(
        "spark.eventLog.dir",
        Files.createDirectory(app.folder().resolve("events")).toUri().toString());
    try (LoopbackCapture capture = capture("secure.pcap")) {
      seen =
          WatchedRun.watch(
              app.start(MASTER),
              local(app),
              List.of("/environment/", "/jobs/", "/executors/", GAUGES));
      if (capture != null) {
        capture.close();
        captured = capture.bytes();
      }
    }
  }

  private static TrialApp app(String name) throws IOException {
    TrialApp app = new TrialApp(folder, name);
    Path conf = Files.createDirectory(app.folder().resolve("conf"));
    Path defaults = conf.resolve("spark-defaults.conf");
    Files.createFile(
        defaults,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        defaults,
        """
        spark.authenticate.secret        %s
        spark.hadoop.fs.s3a.secret.key   %s
        spark.hadoop.fs.s3a.access.key   %s-2
        """
            .formatted(SPARKS_SECRET, MARKER, MARKER));
    Files.writeString(conf.resolve("log4j2.properties"), everythingLogged());
    Path local = Files.createDirectory(local(app));
    String libraries = "muster-native-" + System.getProperty("user.name");
    Files.createSymbolicLink(
        local.resolve(libraries),
        Files.createDirectories(Path.of("target", "spark-local", libraries).toAbsolutePath()));
    return app.environment("SPARK_CONF_DIR", conf.toString())
        .environment("SPARK_LOCAL_IP", ADDRESS)
        .environment("SPARK_LOCAL_HOSTNAME", ADDRESS)
        .environment("SPARK_LOCAL_DIRS", local.toString())
        .environment(
            "JAVA_TOOL_OPTIONS", "-Dlog4j2.configurationFile=" + conf.resolve("log4j2.properties"))
        .config("data.constant", Float.toString(CONSTANT))
        .config("searcher.max_length.batches", "3000")
        .config("min_validation_period.batches", "1000")
        .config("scheduling_unit", "250");
  }

  private static Path local(TrialApp app) {
    return app.folder().resolve("local");
  }

  /** The shipped configuration, with all of Spark's, Hadoop's and our debug lines. */
  private static String everythingLogged() throws IOException {
    return Files.readString(Path.of("../conf/log4j2.properties"))
            .replace("rootLogger.level = warn", "rootLogger.level = info")
            .replace("logger.muster.level = info", "logger.muster.level = trace")
            .replace("%p %c{1}", "%p %t %c{1}")
        + "\nlogger.all.name = org.apache.spark\nlogger.all.level = debug"
        + "\nlogger.hadoop.name = org.apache.hadoop\nlogger.hadoop.level = debug\n";
  }

  private static @Nullable LoopbackCapture capture(String name) throws IOException {
    return LoopbackCapture.missing().isEmpty()
        ? LoopbackCapture.of(ADDRESS, folder.resolve(name))
        : null;
  }

  private static WatchedRun.Seen seen() {
    return java.util.Objects.requireNonNull(seen);
  }

  /** Where the Workers of a local cluster keep the logs of the application's executors. */
  private static Path executorLogs() {
    String line =
        seen().outcome().lines().stream()
            .filter(text -> text.startsWith("application app-"))
            .findFirst()
            .orElseThrow();
    return Path.of("target", "spark-home", "work", line.split(" ")[1]);
  }

  /** The texts that must not be found, by what they are. */
  private static Map<String, String> secrets() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("the storage's key", MARKER);
    all.put("Spark's secret", SPARKS_SECRET);
    List<String> told = Files.readAllLines(folder.resolve("secrets")).stream().distinct().toList();
    for (int i = 0; i < told.size(); i++) {
      byte[] bytes = HexFormat.of().parseHex(told.get(i));
      all.put("secret " + i, new String(bytes, StandardCharsets.ISO_8859_1));
      all.put("secret " + i + " in hexadecimal", told.get(i));
      all.put("secret " + i + " in base 64", Base64.getEncoder().encodeToString(bytes));
      all.put("secret " + i + " as an array", Arrays.toString(bytes));
    }
    return all;
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }

  private static boolean contains(byte[] bytes, byte[] pattern) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .contains(new String(pattern, StandardCharsets.ISO_8859_1));
  }

  @Test
  void theRunTrainsOnTwoSlots() throws Exception {
    assertThat(seen().outcome().exitCode()).as(seen().outcome()::log).isZero();
    assertThat(seen().outcome().result().at("/trials/0/batches").asInt()).isEqualTo(3000);
    assertThat(seen().outcome().result().at("/trials/0/slots").asInt()).isEqualTo(2);
    assertThat(Files.readAllLines(folder.resolve("secrets")).stream().distinct())
        .hasSizeGreaterThanOrEqualTo(4); // three legs', and Spark's
  }

  @Test
  void noSecretIsInAFileThatTheRunWrote() throws Exception {
    List<Path> files = new ArrayList<>();
    List<Path> roots = new ArrayList<>(List.of(executorLogs()));
    for (String part : List.of("log", "events", "storage", "local", "spy")) {
      roots.add(seen().outcome().folder().resolve(part));
    }
    for (Path root : roots) {
      try (Stream<Path> walk = Files.walk(root)) {
        walk.filter(Files::isRegularFile)
            .filter(file -> !file.toString().endsWith(".jar"))
            .forEach(files::add);
      }
    }
    assertThat(files).anyMatch(file -> file.endsWith("stderr"));
    assertThat(files).anyMatch(file -> file.toString().contains("/events/"));
    assertThat(files).anyMatch(file -> file.endsWith("result.json"));
    for (Path file : files) {
      String text = read(file);
      secrets()
          .forEach(
              (name, secret) ->
                  assertThat(text.contains(secret)).as("%s in %s", name, file).isFalse());
    }
    assertThat(files.stream().filter(file -> file.endsWith("stderr")))
        .as("everything is logged")
        .anySatisfy(file -> assertThat(read(file)).contains(" DEBUG "));
  }

  @Test
  void noSecretIsOnACommandLineOrAPageOfTheUi() throws Exception {
    assertThat(seen().commandLines())
        .anyMatch(line -> line.contains("CoarseGrainedExecutorBackend"));
    assertThat(seen().answers().get("/environment/"))
        .isNotNull()
        .anyMatch(page -> page.contains("fs.s3a.secret.key"));
    secrets()
        .forEach(
            (name, secret) -> {
              assertThat(seen().commandLines()).as(name).noneMatch(line -> line.contains(secret));
              seen()
                  .answers()
                  .forEach(
                      (page, texts) ->
                          assertThat(texts)
                              .as(name + " on " + page)
                              .noneMatch(t -> t.contains(secret)));
            });
  }

  @Test
  void localFilesAreTheUsersAlone() {
    assertThat(seen().modes())
        .isNotEmpty()
        .allSatisfy((name, mode) -> assertThat(mode).as(name).isEqualTo("rwx------"));
    assertThat(seen().modes().keySet()).anyMatch(name -> name.startsWith("muster-data-"));
    assertThat(seen().outcome().lines())
        .anyMatch(line -> line.startsWith("warning: spark.io.encryption.enabled=true"));
  }

  @Test
  void theNetworkCarriesNoWeightAndNoSecret() throws Exception {
    LoopbackCapture.missing().ifPresent(SkipReason::skip);
    assertThat(captured).hasSizeGreaterThan(100_000);
    assertThat(contains(captured, WEIGHTS)).isFalse();
    secrets()
        .forEach(
            (name, secret) ->
                assertThat(contains(captured, secret.getBytes(StandardCharsets.ISO_8859_1)))
                    .as(name)
                    .isFalse());
  }

  @Test
  void thePrometheusPageOfTheUiShowsEverySlot() {
    for (String rank : List.of("rank_0", "rank_1")) {
      for (String gauge : List.of("steps", "examples", "examples_per_second", "resident_bytes")) {
        assertThat(largest("trial_1_" + rank + "_" + gauge)).as(rank + " " + gauge).isPositive();
      }
      assertThat(largest("trial_1_" + rank + "_steps")).isLessThanOrEqualTo(3000);
      assertThat(largest("trial_1_" + rank + "_loss")).isBetween(0.0, 10.0);
      assertThat(largest("trial_1_" + rank + "_resident_bytes")).isGreaterThan(100 << 20);
    }
    assertThat(largest("trial_1_progress")).isBetween(0.08, 1.0);
    assertThat(largest("MusterPlugin_slots")).isEqualTo(2);
  }

  /** The largest value that the page has shown of a gauge; -1 where it has shown none. */
  private static double largest(String gauge) {
    Pattern line = Pattern.compile("(?m)^metrics_\\S*" + gauge + "_Value\\{[^}]*} (\\S+)$");
    return seen().answers().getOrDefault(GAUGES, List.of()).stream()
        .flatMap(page -> line.matcher(page).results())
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .filter(value -> !Double.isNaN(value))
        .max()
        .orElse(-1);
  }

  @Test
  void theSinksOfExecutorsShowTheirOwnSlot() throws Exception {
    try (Stream<Path> files = Files.list(folder.resolve("csv"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(
              name ->
                  name.endsWith(
                      ".plugin.dev.muster.job.spark.MusterPlugin.trial_1.rank_0.steps.csv"))
          .anyMatch(
              name ->
                  name.endsWith(
                      ".plugin.dev.muster.job.spark.MusterPlugin.trial_1.rank_1.steps.csv"));
    }
  }

  @Test
  void executorsLogTheTrialAndTheRank() throws Exception {
    try (Stream<Path> walk = Files.walk(executorLogs())) {
      List<String> lines = new ArrayList<>();
      for (Path log : walk.filter(file -> file.endsWith("stderr")).toList()) {
        lines.addAll(Files.readAllLines(log, StandardCharsets.ISO_8859_1));
      }
      for (String thread : List.of("muster-exchange-", "muster-data-training-")) {
        assertThat(lines)
            .as(thread)
            .filteredOn(line -> line.contains(" " + thread))
            .isNotEmpty()
            .allMatch(line -> line.contains("[1/0] ") || line.contains("[1/1] "));
      }
    }
  }

  /** So that the test above can fail. */
  @Test
  void withoutEncryptionTheNetworkCarriesTheWeights() throws Exception {
    LoopbackCapture.missing().ifPresent(SkipReason::skip);
    try (LoopbackCapture capture = capture("plain.pcap")) {
      TrialApp.Outcome plain = app("plain").run(MASTER);
      assertThat(plain.exitCode()).as(plain::log).isZero();
      java.util.Objects.requireNonNull(capture).close();
      assertThat(contains(capture.bytes(), WEIGHTS)).isTrue();
    }
  }
}
